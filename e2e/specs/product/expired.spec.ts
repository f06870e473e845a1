import type { Browser } from "@playwright/test";
import { expect, type Person, send, signIn, test } from "../../fixtures.ts";
import type { Starter } from "../../starter.ts";

/** Ends the login that the page holds, from somewhere else. */
async function endElsewhere(browser: Browser, starter: Starter, person: Person): Promise<void> {
  const elsewhere = await browser.newContext();
  await signIn(elsewhere, starter, person);
  const answer = await send(elsewhere, starter, "POST", "/auth/logout-others");
  expect(await answer.json()).toEqual({ ended: 1 });
  await elsewhere.close();
}

// Here a request finds the login ended. A socket hears of it within a second, and would ask first.
test.beforeEach(({ page }) => page.routeWebSocket(/\/socket\.io\//, () => {}));

test("whoever publishes after the login has ended signs in on the spot; nothing typed is lost", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  await page.goto("/posts/new");
  await page.getByLabel("Title").fill("Written before the end");
  await page.getByLabel("Text").fill("Every word\nof it.");
  await endElsewhere(browser, starter, person);
  await page.getByRole("button", { name: "Publish" }).click();

  const dialog = page.getByRole("dialog", { name: "Sign in to continue" });
  await expect(dialog.getByLabel("Email")).toHaveValue(person.email);
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();

  await expect(page.getByRole("heading", { name: "Written before the end" })).toBeVisible();
  await expect(page.getByText("of it.")).toBeVisible();
});

test("whoever would rather not sign in keeps what they typed on the screen", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  await page.goto("/posts/new");
  await page.getByLabel("Title").fill("Kept");
  await page.getByLabel("Text").fill("On the screen.");
  await endElsewhere(browser, starter, person);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Not now" }).click();
  await expect(page.getByLabel("Title")).toHaveValue("Kept");
  await expect(page.getByLabel("Text")).toHaveValue("On the screen.");
});
