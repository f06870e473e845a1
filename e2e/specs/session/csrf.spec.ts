import { expect, test } from "../../fixtures.ts";
import { withoutLiveUpdates } from "../../refreshing.ts";

test("a CSRF token that belongs to an earlier login is healed without a word", async ({
  context,
  mine: page,
  person,
}) => {
  await withoutLiveUpdates(context); // which would find it out first
  await page.goto("/posts/new");
  await page.getByLabel("Title").fill("Gives the page its token");
  await page.getByLabel("Text").fill("…");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByRole("heading", { name: "Gives the page its token" })).toBeVisible();
  await page.getByRole("navigation").getByRole("link", { name: "New post" }).click();
  await page.getByLabel("Title").fill("Healed");
  await page.getByLabel("Text").fill("Nobody noticed.");
  // Another login takes the cookie's place behind the page's back; its token is now somebody else's.
  await page.evaluate(async ({ email, password }) => {
    const { csrf } = await (await fetch("/api/csrf-token")).json();
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    const body = JSON.stringify({ email, password });
    await fetch("/auth/login", { method: "POST", headers, body });
  }, person);
  const refused = page.waitForResponse((answer) => answer.status() === 403);
  await page.getByRole("button", { name: "Publish" }).click();
  expect(await (await refused).json()).toMatchObject({ code: "CSRF_FAILED" });
  await expect(page.getByRole("heading", { name: "Healed" })).toBeVisible();
});
