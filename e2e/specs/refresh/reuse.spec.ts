import { expectClean } from "../../axe.ts";
import { expect, test } from "../../fixtures.ts";
import { refreshCookie, shortLived, untilExpired, withoutLiveUpdates } from "../../refreshing.ts";

test.use({ environment: { ...shortLived, DOVETAIL_AUTH_REFRESH_GRACE_SECONDS: "1" } });

test.beforeEach(({ context }) => withoutLiveUpdates(context));

test("a copied refresh cookie ends the login in every tab, for the thief too, and the words say why", async ({
  browser,
  context,
  mine: page,
  person,
  starter,
}) => {
  const tabs = [page, await context.newPage()];
  for (const tab of tabs) {
    await tab.goto("/posts/new");
    await tab.getByLabel("Title").fill("Kept");
    await tab.getByLabel("Text").fill("Nothing is lost.");
  }
  // The thief uses the copy first, so what the browser has becomes the one that was replaced.
  const thief = await browser.newContext();
  await thief.addCookies([await refreshCookie(context, starter)]);
  const headers = { Origin: starter.origin, "X-Requested-With": "XMLHttpRequest" };
  const refresh = () => thief.request.post(`${starter.apiOrigin}/auth/refresh`, { headers });
  const stolen = await refresh();
  expect(stolen.status()).toBe(200);
  const { access_token } = await stolen.json();
  await untilExpired(page);

  await page.getByRole("button", { name: "Publish" }).click();
  for (const tab of tabs) {
    const dialog = tab.getByRole("dialog", { name: "This login was ended for safety" });
    await expect(dialog).toBeVisible();
  }
  await expectClean(page, "the end for safety");
  const asked = await thief.request.get(`${starter.apiOrigin}/api/me`, {
    headers: { Authorization: `Bearer ${access_token}` },
  });
  expect(await asked.json()).toMatchObject({ status: 401, code: "SESSION_EXPIRED" });
  expect(await (await refresh()).json()).toMatchObject({ status: 401, code: "SESSION_EXPIRED" });
  await thief.close();

  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Kept" })).toBeVisible();
  await expect(tabs[1]?.getByRole("dialog") ?? dialog).toHaveCount(0);
});
