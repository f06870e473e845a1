import type { Page } from "@playwright/test";
import { expectClean } from "../../axe.ts";
import { signedInAnHourAgo } from "../../database.ts";
import { test as base, expect, newPerson, type Person, send } from "../../fixtures.ts";
import { consentAs, providerTitle } from "../../provider.ts";

const nameOfButton = `Continue with ${providerTitle}`;

/** Who the provider's people are in this test: nobody whom the starter has seen before. */
const test = base.extend<{ outsider: Person }>({
  outsider: [
    async ({ starter }, use) => {
      const outsider = newPerson();
      await starter.provider?.replacePeople(outsider.email, outsider.name);
      await use(outsider);
    },
    { auto: true },
  ],
});

test.describe.configure({ timeout: 60_000 });

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
}

test("somebody new signs in from outside, has an account, and is where they wanted to go", {
  tag: "@journey",
}, async ({ outsider, page }) => {
  await page.goto("/sessions");
  await expect(page.getByRole("link", { name: nameOfButton })).toBeVisible();
  await expectClean(page, "the sign-in page with a provider");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
  await page.goto("/profile");
  await expect(page.getByRole("main").getByText(outsider.name)).toBeVisible();
  await expect(page.getByText(outsider.email)).toBeVisible();
  await signOut(page);

  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("an account made from outside gets a password, after a sign-in in a tab of its own", {
  tag: "@journey",
}, async ({ context, outsider, page, starter }) => {
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  signedInAnHourAgo(starter, outsider);

  await page.goto("/profile");
  await expect(page.getByRole("main").getByText("Connected on")).toBeVisible();
  const disconnect = page.getByRole("button", { name: `Disconnect ${providerTitle}` });
  await expect(disconnect).toHaveCount(0); // it is their only way in
  await page.getByRole("button", { name: "Set a password" }).click();
  await page.getByLabel("New password", { exact: true }).fill("analytical engine");
  await page.getByRole("button", { name: "Set a password" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm it’s you" });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel("Password")).toHaveCount(0);
  await expectClean(page, "the question who it is, to somebody without a password");
  const opened = context.waitForEvent("page");
  await dialog.getByRole("link", { name: nameOfButton }).click();
  const tab = await opened;
  await consentAs(tab, "ada");
  await expect(tab.getByRole("heading", { name: "You are signed in" })).toBeVisible();
  await expectClean(tab, "the end of a sign-in in a tab of its own");
  await tab.close();

  await page.bringToFront();
  // A headless browser takes every tab for visible, so it does not say that this one is seen again.
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await expect(page.getByText("Your password is set.")).toBeVisible();
  await expect(disconnect).toBeVisible();
  await signOut(page);
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(outsider.email);
  await page.getByLabel("Password", { exact: true }).fill("analytical engine");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("who says no at the provider is told so, and still gets where they wanted to go", async ({
  page,
  person,
}) => {
  await page.goto("/sessions");
  await page.getByRole("link", { name: nameOfButton }).click();
  await page.getByRole("button", { name: "Decline" }).click();
  await expect(page.getByRole("alert")).toContainText("The sign-in was cancelled.");
  await expectClean(page, "the sign-in page after a refusal");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
});

test("an email that the provider has not verified makes no account", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "cyd");
  await expect(page.getByRole("alert")).toContainText("has not confirmed your email address");
  await expect(page.getByRole("button", { name: "Sign out" })).toHaveCount(0);
});

test("somebody with an account signs in to it from outside only while the two are connected", async ({
  context,
  outsider,
  page,
  starter,
}) => {
  const answer = await send(context, starter, "POST", "/api/signup", outsider);
  expect(answer.status()).toBe(201);
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "bob");
  await expect(page.getByRole("alert")).toContainText("already an account with this email");

  await page.getByLabel("Email").fill(outsider.email);
  await page.getByLabel("Password", { exact: true }).fill(outsider.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  signedInAnHourAgo(starter, outsider);
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Connect" })).toBeVisible();
  await expectClean(page, "the profile with a provider");
  await page.getByRole("button", { name: `Connect ${providerTitle}` }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm it’s you" });
  await dialog.getByLabel("Password", { exact: true }).fill(outsider.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await consentAs(page, "bob");
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();
  await expect(page.getByRole("main").getByText("Connected on")).toBeVisible();
  await expectClean(page, "the profile with a connected provider");
  await signOut(page);

  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "bob");
  await page.goto("/profile");
  await expect(page.getByRole("main").getByText(outsider.name).first()).toBeVisible();

  await page.getByRole("button", { name: `Disconnect ${providerTitle}` }).click();
  await expect(page.getByText(`${providerTitle} is disconnected.`)).toBeVisible();
  await expect(page.getByText("Not connected")).toBeVisible();
  await signOut(page);
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "bob");
  await expect(page.getByRole("alert")).toContainText("already an account with this email");
});

test("an outside account of somebody else’s is not taken from them", async ({
  browser,
  mine: page,
  outsider,
  starter,
}) => {
  const theirs = await browser.newPage({ baseURL: starter.origin, locale: "en-GB" });
  await theirs.goto("/sign-in");
  await theirs.getByRole("link", { name: nameOfButton }).click();
  await consentAs(theirs, "ada");
  await expect(theirs.getByRole("button", { name: "Sign out" })).toBeVisible();

  await page.goto("/profile");
  await page.getByRole("button", { name: `Connect ${providerTitle}` }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();
  const refusal = page.getByRole("alert").filter({ hasText: "already connected to somebody else" });
  await expect(refusal).toBeVisible();
  await expect(page.getByText("Not connected")).toBeVisible();
  await theirs.goto("/profile");
  await expect(theirs.getByText(outsider.email)).toBeVisible();
  await theirs.close();
});
