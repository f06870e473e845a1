import { createServer } from "node:http";
import { expect, newPerson, send, test } from "../../fixtures.ts";
import { freePort } from "../../serving.ts";

test("a page on another origin signs up, writes and signs out", {
  tag: "@journey",
}, async ({ page, starter }) => {
  expect(starter.origin).not.toBe(starter.apiOrigin);
  const { name, email, password } = newPerson();
  await page.goto("/sign-up");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await page.getByRole("link", { name: "New post" }).click();
  await page.getByLabel("Title").fill("From another origin");
  await page.getByLabel("Text").fill("Through CORS.");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByRole("heading", { name: "From another origin" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "From another origin" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("the page can read refusals and their request ids, not only successes", async ({
  page,
  starter,
}) => {
  await page.goto("/");
  for (const [path, status] of [
    ["/api/me", 401],
    ["/api/unknown", 404],
    ["/api/posts?limit=0", 422],
  ] as const) {
    const seen = await page.evaluate(async (address) => {
      const answer = await fetch(address, { credentials: "include" });
      const { code, request_id } = await answer.json();
      return {
        status: answer.status,
        code,
        sameId: request_id === answer.headers.get("X-Request-Id"),
      };
    }, starter.apiOrigin + path);
    expect(seen).toEqual({ status, code: expect.any(String), sameId: true });
  }
});

test("a page of anybody else's can neither read nor change anything", async ({
  complaints,
  mine: page,
  starter,
}) => {
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  const port = await freePort();
  const evil = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("Hi"));
  evil.listen(port, "127.0.0.1");
  // The same site as the API (only the port differs), so the cookie is sent along: CORS and CSRF alone protect.
  const trap = await page.context().newPage();
  await trap.goto(`http://localhost:${port}/`);
  const outcomes = await trap.evaluate(async (api) => {
    const tries = [
      () => fetch(`${api}/api/me`, { credentials: "include" }),
      () => fetch(`${api}/api/csrf-token`, { credentials: "include" }),
      () => fetch(`${api}/auth/refresh`, { method: "POST", credentials: "include" }),
      () => fetch(`${api}/api/posts/1`, { method: "DELETE", credentials: "include" }),
    ];
    const all = await Promise.allSettled(tries.map((attempt) => attempt()));
    await fetch(`${api}/auth/logout`, { method: "POST", mode: "no-cors", credentials: "include" });
    return all.map(({ status }) => status);
  }, starter.apiOrigin);
  expect(outcomes).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  expect((await send(page.context(), starter, "GET", "/api/me")).status()).toBe(200);
  expect(complaints.splice(0).join()).toContain("blocked by CORS policy");
  evil.close();
  await trap.close();
});
