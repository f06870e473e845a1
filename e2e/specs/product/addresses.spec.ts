import { expect, test, write } from "../../fixtures.ts";

test("a deep link opens its page, and a reload stays on it", async ({ mine: page, starter }) => {
  const post = await write(page.context(), starter, "Deep link");
  await page.goto(`/posts/${post.id}`);
  await expect(page.getByRole("heading", { name: "Deep link" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Deep link" })).toBeVisible();
});

test("a page for members leads through the sign-in and back to itself", async ({
  page,
  person,
}) => {
  await page.goto("/sessions");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
});

test("an unknown page and an unknown post say so", async ({ page }) => {
  await page.goto("/no/such/page");
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await page.goto("/posts/2147483647");
  await expect(page.getByRole("heading", { name: "This post is not here" })).toBeVisible();
});

for (const path of ["/api/nothing", "/auth/nothing", "/assets/gone-12345678.js", "/app.js"]) {
  test(`${path} is a problem, not a page`, async ({ request }) => {
    const answer = await request.get(path, { headers: { Accept: "text/html" } });
    expect(answer.status()).toBe(404);
    expect(answer.headers()["content-type"]).toBe("application/problem+json");
    expect(answer.headers()["cache-control"]).toContain("no-store");
    expect(await answer.json()).toMatchObject({ status: 404, code: "NOT_FOUND" });
  });
}
