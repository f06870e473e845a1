import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** The screen has no barrier that axe knows of, and does not scroll sideways. */
export async function expectClean(page: Page, screen: string): Promise<void> {
  await expectNoBarrier(page, screen);
  await expectNoSidewaysScroll(page, screen);
}

export async function expectNoSidewaysScroll(page: Page, screen: string): Promise<void> {
  const excess = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(excess, `${screen} is not wider than the window`).toBeLessThanOrEqual(0);
}

/** As `expectClean`, and what depends on colours holds in dark ones, too. */
export async function expectCleanInBoth(page: Page, screen: string): Promise<void> {
  await expectClean(page, screen);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectNoBarrier(page, `${screen}, in dark`, ["color-contrast", "link-in-text-block"]);
  await page.emulateMedia({ colorScheme: "light" });
}

async function expectNoBarrier(page: Page, screen: string, rules: string[] = []): Promise<void> {
  await page.evaluate(async () => {
    const passing = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(passing.map(({ finished }) => finished)); // what fades in has no contrast yet
  });
  // Its legacy mode stays in the page, which has no frames, and opens no other one for the results.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
  const { violations } = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
  expect(found, screen).toEqual([]);
}
