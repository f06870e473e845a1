import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../../fixtures.ts";

const back = "Shift+Tab";

/** Presses Tab until `target` has the focus, and makes sure that the focus can be seen on the way. */
async function tabTo(page: Page, target: Locator, key = "Tab"): Promise<void> {
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

test("the whole product can be used without a pointer", async ({ page, person }) => {
  const keys = page.keyboard;
  await page.goto("/");
  await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
  await keys.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();

  await page.goto("/"); // without #main, where a browser would go on
  await tabTo(page, page.getByRole("navigation").getByRole("link", { name: "Sign in" }));
  await keys.press("Enter");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await tabTo(page, page.getByLabel("Email"));
  await keys.type(person.email);
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await keys.type(person.password);
  await keys.press("Enter");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

  await tabTo(page, page.getByRole("navigation").getByRole("link", { name: "New post" }), back);
  await keys.press("Enter");
  await expect(page.getByRole("heading", { name: "New post" })).toBeVisible();
  await tabTo(page, page.getByLabel("Title"));
  await keys.type("By keyboard");
  await tabTo(page, page.getByLabel("Text"));
  await keys.type("No pointer was used.");
  await tabTo(page, page.getByRole("button", { name: "Publish" }));
  await keys.press("Enter");
  await expect(page.getByRole("heading", { name: "By keyboard" })).toBeVisible();

  await tabTo(page, page.getByRole("button", { name: "Delete" }));
  await keys.press("Enter");
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await keys.press("Escape");
  await expect(page.getByRole("alertdialog")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();
  await keys.press("Enter");
  const sure = page.getByRole("alertdialog").getByRole("button", { name: "Delete" });
  await sure.waitFor();
  if (!(await sure.evaluate((element) => element === document.activeElement))) {
    await tabTo(page, sure);
  }
  await keys.press("Enter");
  await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();

  await tabTo(page, page.getByRole("button", { name: "Sign out" }), back);
  await keys.press("Enter");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("the feed is walked post by post with Page Down and Page Up", async ({ page }) => {
  await page.goto("/");
  const posts = page.getByRole("feed").getByRole("article");
  await posts.first().focus();
  await page.keyboard.press("PageDown");
  await expect(posts.nth(1)).toBeFocused();
  await page.keyboard.press("PageUp");
  await expect(posts.first()).toBeFocused();
});
