import { writeSource } from "../../bytes.ts";
import { expect, test } from "../../fixtures.ts";
import { tabTo } from "../../keyboard.ts";
import { openMyFiles } from "../../my-files.ts";

const back = "Shift+Tab";

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

test("a file is uploaded, deleted and brought back without a pointer", async ({
  mine: page,
}, testInfo) => {
  const { path, name } = await writeSource(testInfo.outputPath("typed.bin"), 5000);
  const files = await openMyFiles(page);
  // Asked for before the walk, so that Chromium hands over choosers by the time of the key.
  const choosing = page.waitForEvent("filechooser");
  await tabTo(page, page.getByRole("button", { name: "Choose files" }));
  await page.keyboard.press("Enter");
  await (await choosing).setFiles(path);
  await expect(files.stored(name)).toBeVisible();

  await tabTo(page, page.getByRole("button", { name: `Delete ${name}` }));
  await page.keyboard.press("Enter");
  await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
  await expect(files.stored(name)).toHaveCount(0);
  await page.keyboard.press("ControlOrMeta+z");
  await expect(files.stored(name)).toBeFocused();
});
