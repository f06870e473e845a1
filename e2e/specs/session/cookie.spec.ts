import { expect, test } from "../../fixtures.ts";

test("the session cookie cannot be read by a script, and nothing secret is stored in the browser", async ({
  context,
  mine: page,
}) => {
  await page.goto("/profile");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  const [sid] = (await context.cookies()).filter(({ name }) => name.endsWith("sid"));
  expect(sid).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  const readable = await page.evaluate(() =>
    JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
  );
  expect(readable).not.toContain(sid?.value);
  expect(await page.evaluate(() => document.cookie)).toBe("");
});
