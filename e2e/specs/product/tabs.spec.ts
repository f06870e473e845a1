import { expect, test } from "../../fixtures.ts";

test("a tab that was open before the sign-in goes on working after it", async ({
  context,
  page,
  person,
  starter,
}) => {
  const second = await context.newPage();
  await second.goto("/sign-in");
  await second.getByLabel("Email").fill("somebody@example.com");
  await second.getByLabel("Password", { exact: true }).fill("wrong password");
  await second.getByRole("button", { name: "Sign in" }).click(); // it now has a CSRF token, where it needs one
  await expect(second.getByText("The email or the password is not right.")).toBeVisible();
  await second.goto("/");

  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

  await second.bringToFront();
  await second.getByRole("navigation").getByRole("link", { name: "New post" }).click();
  await second.getByLabel("Title").fill("From the second tab");
  await second.getByLabel("Text").fill(starter.setup);
  await second.getByRole("button", { name: "Publish" }).click();
  await expect(second.getByRole("heading", { name: "From the second tab" })).toBeVisible();
});

test("signing out in one tab signs the other tab out", async ({ context, mine: page }) => {
  await page.goto("/profile");
  const second = await context.newPage();
  await second.goto("/posts/new");
  await expect(second.getByLabel("Title")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(second.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  await expect(second.getByLabel("Title")).toHaveCount(0);
});
