import { expect, send, signIn, test } from "../../fixtures.ts";

test("a new password replaces the old one, signs out every other browser at once, and this one goes on", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  const elsewhere = await browser.newContext();
  await signIn(elsewhere, starter, person);
  expect((await send(elsewhere, starter, "GET", "/api/me")).status()).toBe(200);

  await page.goto("/profile");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByLabel("New password", { exact: true }).fill("another sentence");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password is changed.")).toBeVisible();

  const refused = await send(elsewhere, starter, "GET", "/api/me");
  expect([refused.status(), (await refused.json()).code]).toEqual([401, "SESSION_EXPIRED"]);
  await page.getByRole("link", { name: "Where you are signed in" }).click();
  await expect(page.getByText("You are signed in on this device only.")).toBeVisible();

  const old = await send(elsewhere, starter, "POST", "/auth/login", {
    email: person.email,
    password: person.password,
  });
  expect(old.status()).toBe(401);
  await signIn(elsewhere, starter, { ...person, password: "another sentence" });
  await elsewhere.close();
});
