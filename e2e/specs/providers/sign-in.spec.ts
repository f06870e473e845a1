import type { Page } from "@playwright/test";
import { signedInAnHourAgo } from "../../aging.ts";
import { expectClean } from "../../axe.ts";
import { expect, newPerson, send, test } from "../../fixtures.ts";
import { consentAs, providerTitle } from "../../provider.ts";

const nameOfButton = `Continue with ${providerTitle}`;

// One after the other: the provider's people have one account each.
test.describe.configure({ mode: "serial", timeout: 60_000 });

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
}

test("somebody new signs in from outside, has an account, and is where they wanted to go", async ({
  page,
}) => {
  await page.goto("/sessions");
  await expect(page.getByRole("link", { name: nameOfButton })).toBeVisible();
  await expectClean(page, "the sign-in page with a provider");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
  await page.goto("/profile");
  await expect(page.getByRole("main").getByText("Ada Lovelace")).toBeVisible();
  await expect(page.getByText("ada@example.com")).toBeVisible();
  await signOut(page);

  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("an account made from outside gets a password, after a sign-in in a tab of its own", async ({
  context,
  page,
  starter,
}) => {
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  signedInAnHourAgo(starter, { email: "ada@example.com" });

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
  await page.getByLabel("Email").fill("ada@example.com");
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
  page,
  starter,
}) => {
  const bob = { ...newPerson(), email: "bob@example.com" };
  expect((await send(context, starter, "POST", "/api/signup", bob)).status()).toBe(201);
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "bob");
  await expect(page.getByRole("alert")).toContainText("already an account with this email");

  await page.getByLabel("Email").fill(bob.email);
  await page.getByLabel("Password", { exact: true }).fill(bob.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  signedInAnHourAgo(starter, bob);
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Connect" })).toBeVisible();
  await expectClean(page, "the profile with a provider");
  await page.getByRole("button", { name: `Connect ${providerTitle}` }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm it’s you" });
  await dialog.getByLabel("Password", { exact: true }).fill(bob.password);
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
  await expect(page.getByRole("main").getByText(bob.name).first()).toBeVisible();

  await page.getByRole("button", { name: `Disconnect ${providerTitle}` }).click();
  await expect(page.getByText(`${providerTitle} is disconnected.`)).toBeVisible();
  await expect(page.getByText("Not connected")).toBeVisible();
  await signOut(page);
  await page.goto("/sign-in");
  await page.getByRole("link", { name: nameOfButton }).click();
  await consentAs(page, "bob");
  await expect(page.getByRole("alert")).toContainText("already an account with this email");
});

test("an outside account of somebody else’s is not taken from them", async ({ mine: page }) => {
  await page.goto("/profile");
  await page.getByRole("button", { name: `Connect ${providerTitle}` }).click();
  await consentAs(page, "ada");
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();
  const refusal = page.getByRole("alert").filter({ hasText: "already connected to somebody else" });
  await expect(refusal).toBeVisible();
  await expect(page.getByText("Not connected")).toBeVisible();
});
