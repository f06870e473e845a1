import { expect, test } from "../../fixtures.ts";
import {
  refreshesAt,
  seeDevices,
  shortLived,
  untilExpired,
  withoutLiveUpdates,
} from "../../refreshing.ts";

test.use({ environment: shortLived });

test.beforeEach(({ context }) => withoutLiveUpdates(context));

test("offline and back: what failed is said, nothing is lost, and it works the second time", async ({
  context,
  mine: page,
}) => {
  await page.goto("/posts/new");
  await page.getByLabel("Title").fill("On the train");
  await page.getByLabel("Text").fill("Through a tunnel.");
  await context.setOffline(true);
  await untilExpired(page);
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("The server cannot be reached.")).toBeVisible({ timeout: 15_000 });
  await expect(page.getByLabel("Title")).toHaveValue("On the train");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await context.setOffline(false);
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByRole("heading", { name: "On the train" })).toBeVisible();
});

test("a laptop that sleeps past the end of its access token wakes up signed in, in every tab", async ({
  context,
  mine: page,
}) => {
  const tabs = [page, await context.newPage()];
  for (const tab of tabs) {
    await tab.goto("/profile");
    await expect(tab.getByRole("button", { name: "Sign out" })).toBeVisible();
  }
  const lids = await Promise.all(tabs.map((tab) => context.newCDPSession(tab)));
  const all = (state: "frozen" | "active") =>
    Promise.all(lids.map((lid) => lid.send("Page.setWebLifecycleState", { state })));
  await all("frozen");
  await untilExpired(page);
  await all("active");
  await Promise.all(tabs.map((tab) => seeDevices(tab)));
});

test("a clock that jumps half a day ahead costs one refresh, not a login", async ({
  mine: page,
  starter,
}) => {
  await page.clock.install();
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  const before = (await refreshesAt(starter)).length;
  await page.clock.fastForward("12:00:00");
  await seeDevices(page);
  expect((await refreshesAt(starter)).slice(before)).toEqual([200]);
});
