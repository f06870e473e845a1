import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { signIn } from "../../documented-sign-in.ts";
import { expect, test } from "../../fixtures.ts";
import { root } from "../../root.ts";

test("the recipe of docs/testing.md signs a page in before it opens", { tag: "@journey" }, async ({
  page,
  person,
}) => {
  const recipe = await readFile(join(root, "e2e", "documented-sign-in.ts"), "utf8");
  expect(await readFile(join(root, "docs", "testing.md"), "utf8")).toContain(recipe);

  await signIn(page, person.email, person.password);
  await page.goto("/profile");
  await expect(page.getByText(person.email)).toBeVisible();
});
