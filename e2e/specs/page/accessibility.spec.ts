import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test, write } from "../../fixtures.ts";
import { membersOnly, open, show } from "../../screens.ts";

const looks = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  "a phone": { colorScheme: "light", viewport: { width: 360, height: 740 } },
  "a dark phone": { colorScheme: "dark", viewport: { width: 360, height: 740 } },
} as const;

for (const [look, use] of Object.entries(looks)) {
  test.describe(look, () => {
    test.use({ ...use, reducedMotion: "reduce" });

    test(`axe finds nothing on any screen, in ${look}`, async ({ mine: page, starter }) => {
      test.setTimeout(90_000);
      const { id } = await write(page.context(), starter, "Seen by axe", "With a text.");
      for (const [screen, address] of Object.entries(membersOnly)) {
        await show(page, address, id);
        await expectClean(page, screen);
      }
      await page.goto("/profile");
      await page.getByRole("button", { name: "Edit profile" }).click();
      await page.getByLabel("Name").fill("");
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      await expectClean(page, "a form with a mistake");
      await page.getByRole("button", { name: "Cancel" }).click();
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

    test(`no screen scrolls sideways, in ${look}`, async ({ mine: page, starter }) => {
      const { id } = await write(page.context(), starter, "W".repeat(120), "w".repeat(300));
      for (const [screen, address] of Object.entries({ ...membersOnly, ...open })) {
        await show(page, address, id);
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(excess, screen).toBeLessThanOrEqual(0);
      }
    });
  });
}

async function expectClean(page: Page, screen: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
  expect(found, screen).toEqual([]);
}
