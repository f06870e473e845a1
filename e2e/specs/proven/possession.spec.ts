import type { BrowserContext, Page, Response } from "@playwright/test";
import { expect, type Person, test } from "../../fixtures.ts";
import { refreshCookie } from "../../refreshing.ts";

/** The answers to sign-ins and refreshes from now on. */
function watch(context: BrowserContext): Response[] {
  const answers: Response[] = [];
  context.on("response", (answer) => {
    if (/\/auth\/(?:login|refresh)$/.test(answer.url())) {
      answers.push(answer);
    }
  });
  return answers;
}

const told = (answers: Response[]) =>
  answers.map(
    (answer) => `${new URL(answer.url()).pathname} ${answer.status()} ${isProven(answer)}`,
  );

const isProven = (answer: Response) => ("dpop" in answer.request().headers() ? "proven" : "bare");

async function enter(page: Page, { email, password }: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

/** What a script of the page can find of the key, and what it can do with it. */
function examineKey(page: Page) {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.addEventListener("success", () => resolve(request.result));
        request.addEventListener("error", () => reject(request.error));
      });
    const database = await done(indexedDB.open("dovetail"));
    const store = database.transaction("keys").objectStore("keys");
    const [names, pairs] = await Promise.all([
      done(store.getAllKeys()),
      done<CryptoKeyPair[]>(store.getAll()),
    ]);
    database.close();
    const privateKey = (pairs[0] as CryptoKeyPair).privateKey;
    const refusals = await Promise.all(
      (["jwk", "pkcs8"] as const).map((format) =>
        crypto.subtle.exportKey(format, privateKey).then(
          () => "exported",
          (error: DOMException) => error.name,
        ),
      ),
    );
    const { extractable, usages, type } = privateKey;
    return { names, extractable, usages, type, refusals };
  });
}

test("a sign-in and every refresh prove a key that no script can take out of the browser", async ({
  context,
  page,
  person,
  starter,
}) => {
  const answers = watch(context);
  await enter(page, person);
  await page.reload();
  await page.getByRole("navigation").getByRole("link", { name: "Profile" }).click();
  await expect(page.getByText(person.email)).toBeVisible();
  expect(told(answers)).toEqual(["/auth/login 200 proven", "/auth/refresh 200 proven"]);
  expect(await examineKey(page)).toEqual({
    names: [starter.apiOrigin],
    extractable: false,
    usages: ["sign"],
    type: "private",
    refusals: ["InvalidAccessError", "InvalidAccessError"],
  });
});

test("a copied cookie is worth nothing elsewhere, and its owner stays signed in", async ({
  browser,
  context,
  page,
  person,
  starter,
}) => {
  await enter(page, person);
  const cookie = await refreshCookie(context, starter);
  const elsewhere = await browser.newContext({ baseURL: starter.origin, locale: "en-GB" });
  await elsewhere.addCookies([cookie]);

  const headers = { Origin: starter.origin, "X-Requested-With": "XMLHttpRequest" };
  const bare = await elsewhere.request.post(`${starter.apiOrigin}/auth/refresh`, { headers });
  expect(await bare.json()).toMatchObject({ status: 401, code: "INVALID_DPOP_PROOF" });

  const answers = watch(elsewhere);
  const other = await elsewhere.newPage();
  await other.goto("/profile");
  await expect(other.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(other.getByText(person.email)).toHaveCount(0);
  for (const answer of answers) {
    expect(await answer.json()).toMatchObject({ code: "INVALID_DPOP_PROOF" });
  }
  expect(told(answers)[0]).toBe("/auth/refresh 401 proven"); // by a key of its own
  await elsewhere.close();

  expect(await refreshCookie(context, starter)).toEqual(cookie);
  await page.reload();
  await page.getByRole("navigation").getByRole("link", { name: "Profile" }).click();
  await expect(page.getByText(person.email)).toBeVisible();
});

test("a login that began without the page is bound by the page's first refresh", async ({
  browser,
  context,
  mine: page,
  person,
  starter,
}) => {
  const answers = watch(context);
  await page.goto("/profile");
  await expect(page.getByText(person.email)).toBeVisible();
  expect(told(answers)).toEqual(["/auth/refresh 200 proven"]);

  const elsewhere = await browser.newContext();
  await elsewhere.addCookies([await refreshCookie(context, starter)]);
  const headers = { Origin: starter.origin, "X-Requested-With": "XMLHttpRequest" };
  const bare = await elsewhere.request.post(`${starter.apiOrigin}/auth/refresh`, { headers });
  expect(await bare.json()).toMatchObject({ code: "INVALID_DPOP_PROOF" });
  await elsewhere.close();
});

test("a clock that is two hours slow costs one more request, and nobody notices", async ({
  context,
  page,
  person,
}) => {
  const answers = watch(context);
  await page.clock.setFixedTime(Date.now() - 7_200_000);
  await enter(page, person);
  expect(told(answers)).toEqual(["/auth/login 401 proven", "/auth/login 200 proven"]);
  expect(answers[0]?.headers()).toMatchObject({
    "www-authenticate": 'DPoP error="use_dpop_nonce"',
    "dpop-nonce": expect.stringMatching(/^\d+\.[\w-]{43}$/),
  });
});

test("a browser that has lost its key asks its owner to sign in, and is bound anew", async ({
  context,
  page,
  person,
}) => {
  await enter(page, person);
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase("dovetail");
        request.addEventListener("success", resolve);
        request.addEventListener("error", reject);
      }),
  );
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await enter(page, person);
  const answers = watch(context);
  await page.reload();
  await page.getByRole("navigation").getByRole("link", { name: "Profile" }).click();
  await expect(page.getByText(person.email)).toBeVisible();
  expect(told(answers)).toEqual(["/auth/refresh 200 proven"]);
});

test("tabs that make the key at the same moment end up with the same one", async ({
  context,
  page,
  person,
}) => {
  const loaded = context.waitForEvent("response", (answer) =>
    /\/(?:dpop|prover)-[^/]*\.js$/.test(answer.url()),
  );
  await enter(page, person);
  const chunk = (await loaded).url();
  const tabs = await Promise.all(
    [1, 2, 3].map(async () => {
      const tab = await context.newPage();
      await tab.goto("/");
      return tab;
    }),
  );
  const keys = await Promise.all(
    tabs.map((tab) =>
      tab.evaluate(async (url) => {
        const { createProver } = await import(url);
        const proofs = await Promise.all(
          [1, 2, 3].map(async () => {
            const prover = createProver("https://another.example", { now: Date.now });
            return (await prover(new Request("/auth/login", { method: "POST" }))) as string;
          }),
        );
        return proofs.map((proof) => JSON.parse(atob(proof.split(".")[0] ?? "")).jwk.x as string);
      }, chunk),
    ),
  );
  expect(new Set(keys.flat()).size).toBe(1);
});
