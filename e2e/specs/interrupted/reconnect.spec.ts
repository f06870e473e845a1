import { expect, test, write } from "../../fixtures.ts";
import { expectLive, expectUnread, somebodyElse } from "../../live.ts";

test("a connection that breaks is told, comes back by itself, and brings what was missed in order", async ({
  browser,
  complaints,
  mine: page,
  starter,
}) => {
  test.setTimeout(60_000);
  const [line] = starter.lines;
  if (!line) {
    throw new Error("This project lays a line.");
  }
  const { id } = await write(page.context(), starter, "Through thick and thin");
  const second = await page.context().newPage();
  await Promise.all([page.goto("/"), second.goto("/")]);
  await Promise.all([expectLive(page), expectLive(second)]);
  const other = await somebodyElse(browser, starter);
  await other.comment(id, "before");
  await expectUnread(page, 1);

  await line.cut();
  await expect(page.getByText("Live updates are paused. Reconnecting…")).toBeVisible();
  await line.mend();
  await Promise.all([1, 2, 3].map((number) => other.comment(id, `meanwhile ${number}`)));
  await expect(page.getByText("Live again.")).toBeVisible({ timeout: 20_000 });
  await Promise.all([expectUnread(page, 4), expectUnread(second, 4)]);
  await page.goto("/notifications");
  await expect(page.getByRole("list", { name: "Notifications" }).getByRole("listitem")).toHaveCount(
    4,
  );
  complaints.length = 0; // the browser tells of the connections that it could not make
  await other.context.close();
});
