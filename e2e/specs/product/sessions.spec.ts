import { expect, send, signIn, test } from "../../fixtures.ts";

test("a login on another device is listed, ended from here, and really over there", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  const phone = await browser.newContext({
    baseURL: starter.origin,
    locale: "en-GB",
    userAgent:
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
  });
  await signIn(phone, starter, person);
  const there = await phone.newPage();
  await there.goto("/profile");
  await expect(there.getByText(person.email)).toBeVisible();

  await page.goto("/profile");
  await page.getByRole("main").getByRole("link", { name: "Where you are signed in" }).click();
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
  const devices = page.getByRole("list", { name: "Devices" }).getByRole("listitem");
  await expect(devices).toHaveCount(2);
  await expect(devices.filter({ hasText: "This device" })).toHaveCount(1);
  await devices.filter({ hasText: "Safari" }).getByRole("button").click();
  await expect(devices).toHaveCount(1);

  const answer = await send(phone, starter, "GET", "/api/me");
  expect(answer.status()).toBe(401);
  expect(await answer.json()).toMatchObject({ code: "SESSION_EXPIRED" });
  await expect(there.getByRole("dialog", { name: "Sign in to continue" })).toBeVisible(); // nobody touched it
  await phone.close();
});

test("all other logins are ended at once, after a question", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  const others = await Promise.all([browser.newContext(), browser.newContext()]);
  for (const other of others) {
    await signIn(other, starter, person);
  }
  await page.goto("/sessions");
  const devices = page.getByRole("list", { name: "Devices" }).getByRole("listitem");
  await expect(devices).toHaveCount(3);
  await page.getByRole("button", { name: "Sign out all others" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out all others" }).click();
  await expect(page.getByText("You are signed in on this device only.")).toBeVisible();
  for (const other of others) {
    expect((await send(other, starter, "GET", "/api/me")).status()).toBe(401);
    await other.close();
  }
});
