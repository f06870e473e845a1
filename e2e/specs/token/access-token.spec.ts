import { readFile } from "node:fs/promises";
import { expect, test } from "../../fixtures.ts";
import { refreshCookie, withoutLiveUpdates } from "../../refreshing.ts";

test("the access token is in memory only, and the refresh cookie out of every script's reach", async ({
  context,
  page,
  person,
  starter,
}) => {
  const issued: string[] = [];
  page.on("response", async (answer) => {
    if (/\/auth\/(?:login|refresh)$/.test(answer.url()) && answer.ok()) {
      issued.push((await answer.json()).access_token);
    }
  });
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await page.reload();
  await page.getByRole("navigation").getByRole("link", { name: "Profile" }).click();
  await expect(page.getByText(person.email)).toBeVisible();
  await expect.poll(() => issued.length).toBe(2);

  const cookie = await refreshCookie(context, starter);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/auth" });
  const kept = await page.evaluate(async () => ({
    cookie: document.cookie,
    storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    history: JSON.stringify(history.state),
    document: document.documentElement.outerHTML,
    globals: JSON.stringify(
      Object.entries(window).filter(([, value]) => typeof value === "string"),
    ),
    resources: performance.getEntries().map(({ name }) => name),
  }));
  expect(kept).toMatchObject({ cookie: "", databases: [], caches: [] });
  const everywhere = `${JSON.stringify(kept)} ${page.url()} ${await readFile(starter.log, "utf8")}`;
  for (const secret of [...issued, cookie.value]) {
    expect(secret.length).toBeGreaterThan(40);
    expect(everywhere).not.toContain(secret);
    for (const part of secret.split(".")) {
      expect(everywhere).not.toContain(part);
    }
  }
});

test("an access token that belongs to an earlier login is replaced without a word", async ({
  context,
  mine: page,
  person,
}) => {
  await withoutLiveUpdates(context); // which would find it out first
  await page.goto("/posts/new");
  await page.getByLabel("Title").fill("Healed");
  await page.getByLabel("Text").fill("Nobody noticed.");
  // Another login takes the place of this one behind the page's back: its access token is over at once.
  await page.evaluate(async ({ email, password }) => {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ email, password });
    await fetch("/auth/login", { method: "POST", headers, body });
  }, person);
  const refused = page.waitForResponse((answer) => answer.status() === 401);
  await page.getByRole("button", { name: "Publish" }).click();
  expect(await (await refused).json()).toMatchObject({ code: "SESSION_EXPIRED" });
  await expect(page.getByRole("heading", { name: "Healed" })).toBeVisible();
});

test("after signing out, neither the former cookie nor the former access token is worth anything", {
  tag: "@journey",
}, async ({ context, browser, mine: page, starter }) => {
  const request = page.waitForRequest((sent) => "authorization" in sent.headers());
  await page.goto("/profile");
  const { authorization = "" } = (await request).headers();
  const former = await refreshCookie(context, starter);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  await expect(refreshCookie(context, starter)).rejects.toThrow("no refresh cookie");

  const thief = await browser.newContext();
  await thief.addCookies([former]);
  const headers = { Origin: starter.origin, "X-Requested-With": "XMLHttpRequest" };
  const refreshed = await thief.request.post(`${starter.apiOrigin}/auth/refresh`, { headers });
  expect(await refreshed.json()).toMatchObject({ status: 401, code: "SESSION_EXPIRED" });
  const asked = await thief.request.get(`${starter.apiOrigin}/api/me`, {
    headers: { authorization },
  });
  expect(await asked.json()).toMatchObject({ status: 401, code: "SESSION_EXPIRED" });
  await thief.close();
});
