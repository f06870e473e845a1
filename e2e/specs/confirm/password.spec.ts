import { expectClean } from "../../axe.ts";
import { signedInAnHourAgo } from "../../database.ts";
import { expect, test } from "../../fixtures.ts";

test.beforeEach(async ({ mine: page, person, starter }) => {
  signedInAnHourAgo(starter, person);
  await page.goto("/profile");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByLabel("New password", { exact: true }).fill("another sentence");
  await page.getByRole("button", { name: "Change password" }).click();
});

test("who signed in long ago confirms that it is them, and the change goes through by itself", async ({
  mine: page,
  person,
}) => {
  const dialog = page.getByRole("dialog", { name: "Confirm it’s you" });
  await expect(dialog.getByLabel("Email")).toHaveValue(person.email);
  await expectClean(page, "the question who it is");

  await dialog.getByLabel("Password", { exact: true }).fill("not the password");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog.getByText("The email or the password is not right.")).toBeVisible();
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();

  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await expect(dialog).toHaveCount(0);
});

test("who would rather not confirm it stays signed in, and what they typed stays", async ({
  mine: page,
}) => {
  await page.getByRole("dialog").getByRole("button", { name: "Not now" }).click();
  const refusal = page.getByRole("alert").filter({ hasText: "Confirm it’s you, then try again." });
  await expect(refusal).toBeVisible();
  await expect(page.getByLabel("New password", { exact: true })).toHaveValue("another sentence");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
});
