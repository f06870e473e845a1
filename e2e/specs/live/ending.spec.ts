import { expect, send, signIn, test } from "../../fixtures.ts";
import { expectLive } from "../../live.ts";
import { watchSockets } from "../../sockets.ts";

test("a login that is ended on another device closes its socket within a second, and the page says so", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  const sockets = watchSockets(page.context());
  await page.goto("/profile");
  await expectLive(page);
  const other = await browser.newContext();
  await signIn(other, starter, person);
  expect((await send(other, starter, "POST", "/auth/logout-others")).status()).toBe(200);
  // Within a second; a busy machine is given two more, which is less than anything else would take.
  await expect.poll(sockets.open, { timeout: 3000, intervals: [50] }).toBe(0);
  await expect(page.getByRole("dialog", { name: "Sign in to continue" })).toBeVisible();

  await page.getByRole("dialog").getByLabel("Email").fill(person.email);
  await page.getByRole("dialog").getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
  await expectLive(page);
  expect(sockets.open()).toBe(1);
  await other.close();
});

test("signing out closes the socket of all tabs, and nothing opens another", async ({
  mine: page,
}) => {
  const sockets = watchSockets(page.context());
  const second = await page.context().newPage();
  await Promise.all([page.goto("/"), second.goto("/")]);
  await Promise.all([expectLive(page), expectLive(second)]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(second.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  await expect.poll(sockets.open).toBe(0);
  const before = sockets.count();
  await page.goto("/sign-in");
  await expect(page.getByLabel("Email")).toBeVisible();
  expect(sockets.count()).toBe(before);
});

test("a visitor's page opens no socket", async ({ page }) => {
  const sockets = watchSockets(page.context());
  await page.goto("/");
  await expect(page.getByRole("feed").getByRole("article").first()).toBeVisible();
  expect(sockets.count()).toBe(0);
});
