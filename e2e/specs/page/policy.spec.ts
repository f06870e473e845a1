import { expect, test, write } from "../../fixtures.ts";
import { membersOnly, open, show } from "../../screens.ts";

test("no screen makes the console complain, or asks for what its policy forbids", async ({
  complaints,
  mine: page,
  starter,
}) => {
  const { id } = await write(page.context(), starter, "Under a policy");
  const answer = await page.goto("/");
  const policy = answer?.headers()["content-security-policy"] ?? "";
  for (const demand of ["object-src 'none'", "base-uri 'none'", "script-src 'self'"]) {
    expect(policy).toContain(demand);
  }
  expect(policy).not.toContain("unsafe");

  const { "an unknown post": _, ...found } = open; // its 404 is a line in the console, as it should be
  for (const [screen, address] of Object.entries(membersOnly)) {
    await show(page, address, id);
    expect(complaints, screen).toEqual([]);
  }
  await page.context().clearCookies();
  for (const [screen, address] of Object.entries(found)) {
    await show(page, address, id);
    expect(complaints, screen).toEqual([]);
  }
});

test("the interactive documentation keeps to its policy too", async ({ complaints, page }) => {
  await page.goto("/docs");
  await expect(page.getByText("/api/posts").first()).toBeVisible();
  expect(complaints).toEqual([]);
});
