import { expect, test } from "../../fixtures.ts";

test("a member changes their name and bio, and both stay", async ({ mine: page, person }) => {
  await page.goto("/profile");
  await expect(page.getByText(person.email)).toBeVisible();
  await page.getByRole("button", { name: "Edit profile" }).click();
  await page.getByLabel("Name").fill("새 이름");
  await page.getByLabel("Bio").fill("One line.\nAnother line.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Your profile is saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();
  await expect(page.getByRole("main").getByText("새 이름")).toBeVisible();
  await expect(page.getByText("Another line.")).toBeVisible();
});

test("a name that cannot be is refused beside its field, and nothing typed is lost", async ({
  mine: page,
}) => {
  await page.goto("/profile");
  await page.getByRole("button", { name: "Edit profile" }).click();
  await page.getByLabel("Name").fill("  ");
  await page.getByLabel("Bio").fill("Still here");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("There is 1 problem to fix");
  await expect(page.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Bio")).toHaveValue("Still here");
});
