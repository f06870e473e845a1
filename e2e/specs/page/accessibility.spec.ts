import { expect, test, write } from "../../fixtures.ts";
import { looks } from "../../looks.ts";
import { membersOnly, open, show } from "../../screens.ts";

for (const [look, { viewport, expectClean }] of Object.entries(looks)) {
  test.describe(look, () => {
    test.use({ viewport, colorScheme: "light", reducedMotion: "reduce" });

    test(`no screen has a barrier or scrolls sideways, in ${look}`, async ({
      mine: page,
      starter,
    }) => {
      test.setTimeout(90_000);
      // As wide as words get: nothing may be pushed out of the screen by them.
      const { id } = await write(page.context(), starter, "W".repeat(120), "w".repeat(300));
      for (const [screen, address] of Object.entries(membersOnly)) {
        await show(page, address, id);
        await expectClean(page, screen);
      }
      await page.goto("/profile");
      await page.getByRole("button", { name: "Edit profile" }).click();
      await page.getByLabel("Name").fill("");
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("alert").filter({ hasText: "1 problem" })).toBeVisible();
      await expectClean(page, "a form with a mistake");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Change password" }).click();
      await page.getByLabel("New password", { exact: true }).fill("short");
      await page.getByRole("main").getByRole("button", { name: "Change password" }).click();
      await expect(page.getByRole("alert").filter({ hasText: "1 problem" })).toBeVisible();
      await expectClean(page, "the form for a new password");
      await page.goto(`/posts/${id}`);
      await page.getByRole("button", { name: "Delete" }).click();
      await expect(page.getByRole("alertdialog")).toBeVisible();
      await expectClean(page, "a question");
      await page.context().clearCookies();
      for (const [screen, address] of Object.entries(open)) {
        await show(page, address, id);
        await expectClean(page, screen);
      }
    });
  });
}
