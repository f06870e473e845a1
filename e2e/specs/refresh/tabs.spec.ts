import { expect, test } from "../../fixtures.ts";
import {
  loseNextRefresh,
  refreshCookie,
  refreshesAt,
  seeDevices,
  shortLived,
  untilExpired,
  watchPresented,
  withoutLiveUpdates,
} from "../../refreshing.ts";

test.use({ environment: shortLived });

test.beforeEach(({ context }) => withoutLiveUpdates(context));

for (const count of [2, 5]) {
  test(`${count} tabs that wake together stay signed in, and one refresh reaches the server for each generation`, async ({
    context,
    mine: page,
    starter,
  }) => {
    const tabs = [page];
    while (tabs.length < count) {
      tabs.push(await context.newPage());
    }
    await Promise.all(tabs.map((tab) => tab.goto("/profile")));
    for (const tab of tabs) {
      await expect(tab.getByRole("button", { name: "Sign out" })).toBeVisible();
    }
    await untilExpired(page);

    const before = (await refreshesAt(starter)).length;
    const presented = watchPresented(context);
    await Promise.all(tabs.map((tab) => seeDevices(tab)));

    expect(presented.length).toBeGreaterThan(0);
    expect(new Set(presented).size).toBe(presented.length);
    expect(presented).not.toContain("");
    const reached = (await refreshesAt(starter)).slice(before);
    expect(reached).toEqual(presented.map(() => 200));
    // Not one for each tab; on a slow machine a token may be over before the last tab has come to use it.
    expect(reached.length).toBeLessThanOrEqual(Math.max(2, count - 2));
  });
}

test("tabs that cannot speak to each other refresh each for itself, and the grace window keeps them signed in", async ({
  context,
  mine: page,
  starter,
}) => {
  await context.addInitScript(() => {
    Object.defineProperty(navigator, "locks", { value: undefined });
    Object.defineProperty(window, "BroadcastChannel", { value: undefined });
  });
  const tabs = [page, await context.newPage(), await context.newPage()];
  await Promise.all(tabs.map((tab) => tab.goto("/profile")));
  for (const tab of tabs) {
    await expect(tab.getByRole("button", { name: "Sign out" })).toBeVisible();
  }
  await untilExpired(page);
  const before = (await refreshesAt(starter)).length;
  await Promise.all(tabs.map((tab) => seeDevices(tab)));
  expect((await refreshesAt(starter)).slice(before)).toEqual([200, 200, 200]);
});

for (const [arrives, isLost] of [
  ["has not arrived", true],
  ["has just arrived", false],
] as const) {
  test(`a reload in the middle of a refresh, whose cookie ${arrives}, signs nobody out`, async ({
    context,
    mine: page,
    starter,
  }) => {
    await page.goto("/profile");
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    await untilExpired(page);
    let reloaded: Promise<unknown> = Promise.resolve();
    const middle = Promise.withResolvers<void>();
    if (isLost) {
      await loseNextRefresh(page, starter, async () => {
        reloaded = page.reload();
        middle.resolve();
      });
    } else {
      await page.route(
        "**/auth/refresh",
        async (route) => {
          await route.fetch();
          reloaded = page.reload();
          middle.resolve();
        },
        { times: 1 },
      );
    }
    await page.getByRole("link", { name: "Where you are signed in" }).click();
    await middle.promise;
    await reloaded;
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    const { value } = await refreshCookie(context, starter);
    await untilExpired(page);
    await page.goto("/profile");
    await seeDevices(page);
    expect((await refreshCookie(context, starter)).value).not.toBe(value);
  });
}

test("an answer to a refresh that is lost on its way is asked for again, and nobody notices", async ({
  context,
  mine: page,
  starter,
}) => {
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await untilExpired(page);
  const before = (await refreshesAt(starter)).length;
  const presented = watchPresented(context);
  await loseNextRefresh(page, starter);
  await seeDevices(page);
  expect((await refreshesAt(starter)).slice(before, before + 2)).toEqual([200, 200]);
  await expect.poll(() => presented.length).toBeGreaterThanOrEqual(2);
  expect(presented[1]).toBe(presented[0]);
});
