import { expect, test } from "../../fixtures.ts";

test("the feed goes on as one scrolls, to its end, and shows every post once", async ({ page }) => {
  await page.goto("/");
  const posts = page.getByRole("feed").getByRole("article");
  await expect(posts).not.toHaveCount(0);
  expect(await posts.count()).toBeLessThan(40);
  await expect(async () => {
    await page.mouse.wheel(0, 4000);
    await expect(page.getByText("That is everything.")).toBeVisible({ timeout: 300 });
  }).toPass();
  const links = await posts
    .getByRole("link")
    .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(links.length).toBeGreaterThanOrEqual(62);
  expect(new Set(links).size).toBe(links.length);
});

test("a reader opens a post and comes back to where they were", async ({ page }) => {
  await page.goto("/");
  const posts = page.getByRole("feed").getByRole("article");
  await posts.nth(8).scrollIntoViewIfNeeded();
  await posts.nth(8).getByRole("heading").getByRole("link").click();
  await expect(page.getByRole("feed")).toHaveCount(0);
  await page.goBack();
  await expect(posts.nth(8)).toBeInViewport();
});
