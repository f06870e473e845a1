import type { Locator, Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** Presses Tab until `target` has the focus, and makes sure that the focus can be seen on the way. */
export async function tabTo(page: Page, target: Locator, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press(key);
    if (await target.evaluate((element) => element === document.activeElement)) {
      const shown = await target.evaluate((element) =>
        [element, element.parentElement].some((part) => {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part ?? element);
          return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
        }),
      );
      expect(shown, "the focus can be seen").toBe(true);
      return;
    }
  }
  throw new Error(`Tab never came to ${target}`);
}
