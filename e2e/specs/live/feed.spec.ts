import { expect, test, write } from "../../fixtures.ts";
import { expectLive, somebodyElse } from "../../live.ts";

test("posts of others are counted above the feed, and shown when that is asked for", async ({
  browser,
  mine: page,
  starter,
}) => {
  await page.goto("/");
  await expectLive(page);
  const first = await page.getByRole("feed").getByRole("article").first().textContent();
  const other = await somebodyElse(browser, starter);
  for (const number of [1, 2, 3]) {
    await write(other.context, starter, `News ${number}`);
  }
  await write(page.context(), starter, "Mine, elsewhere");
  const button = page.getByRole("button", { name: /^[3-9] new posts$|^\d\d new posts$/ }); // other tests write, too
  await expect(button).toBeVisible();
  expect(await page.getByRole("feed").getByRole("article").first().textContent()).toBe(first);
  await button.click();
  await expect(page.getByRole("feed")).toContainText("News 3");
  await expect(page.getByRole("feed").getByRole("article").first()).toBeFocused();
  await other.context.close();
});
