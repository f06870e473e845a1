import { readFile } from "node:fs/promises";
import { expect, newPerson, test } from "../../fixtures.ts";
import { demoPassword } from "../../starter.ts";

test("no secret of a whole visit is in the server's log", async ({ context, page, starter }) => {
  const { name, email, password } = newPerson();
  const tokens = new Set<string>();
  page.on("request", (request) => {
    const { authorization, "x-csrf-token": csrf } = request.headers();
    for (const token of [csrf, authorization?.split(" ")[1]]) {
      if (token) tokens.add(token);
    }
  });
  await page.goto("/sign-up");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  const cookies = (await context.cookies()).map(({ value }) => value);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();

  const [, log = ""] = (await readFile(starter.log, "utf8")).split("Ready at"); // before: the demo logins
  expect(log).toContain("/api/signup");
  expect(cookies).not.toEqual([]);
  expect([...tokens]).not.toEqual([]);
  for (const secret of [email, password, demoPassword, ...cookies, ...tokens]) {
    expect(log).not.toContain(secret);
  }
});
