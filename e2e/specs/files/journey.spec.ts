import { writeFile } from "node:fs/promises";
import { digestOf, writeSource } from "../../bytes.ts";
import { credential, expect, makePerson, send, signIn, test } from "../../fixtures.ts";
import { choose, openMyFiles, watchParts } from "../../my-files.ts";

test(
  "several files at once, of any size and name, arrive and come back as they were",
  {
    tag: "@journey",
  },
  async ({ mine: page, starter }, testInfo) => {
    const sources = [
      await writeSource(testInfo.outputPath("보고서 – 최종 (2).bin"), 2 * starter.partBytes + 1),
      await writeSource(testInfo.outputPath("one part.bin"), 1000),
      await writeSource(testInfo.outputPath("nothing.txt"), 0),
    ];
    const files = await openMyFiles(page);
    await expect(page.getByText("No files yet")).toBeVisible();
    const parts = watchParts(page);
    await choose(page, ...sources);
    for (const { name, sha256 } of sources) {
      const download = page.waitForEvent("download");
      await files.stored(name).getByRole("link", { name: "Download" }).click();
      const saved = await download;
      expect(saved.suggestedFilename()).toBe(name);
      expect(await digestOf(await saved.path()), name).toBe(sha256);
    }
    expect(parts).toEqual({ sent: 5, arrived: 5 });
    await page.reload();
    for (const { name } of sources) {
      await expect(files.stored(name)).toBeVisible();
    }
    await expect(page.getByRole("list", { name: "Not finished" })).toHaveCount(0);
  },
);

test("a picture that is pasted is shown small in the list, and large in a dialog", async ({
  context,
  mine: page,
  starter,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: starter.origin });
  const files = await openMyFiles(page);
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 200);
    canvas.getContext("2d")?.fillRect(0, 0, 150, 200);
    const picture = await canvas.convertToBlob({ type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
  });
  const row = files.stored("Pasted").first();
  await expect(async () => {
    await page.keyboard.press("Control+V"); // until the screen listens
    await expect(page.getByText(/^Pasted .*\.png$/).first()).toBeVisible({ timeout: 1000 });
  }).toPass();
  const isShown = (image: Element) => (image as HTMLImageElement).naturalWidth;
  await expect.poll(() => row.locator("img").evaluate(isShown)).toBe(300);
  await row.getByRole("button", { name: "Look at" }).click();
  const dialog = page.getByRole("dialog", { name: /^Pasted .*\.png$/ });
  await expect.poll(() => dialog.getByRole("img").evaluate(isShown)).toBe(300);
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await expect(dialog).toHaveCount(0);
});

test("a file that is dropped anywhere on the screen arrives", async ({ mine: page }, testInfo) => {
  const { path, name } = await writeSource(testInfo.outputPath("dropped.bin"), 5000);
  const files = await openMyFiles(page);
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  const drag = (type: "dragEnter" | "dragOver" | "drop") =>
    browser.send("Input.dispatchDragEvent", { type, x: 600, y: 600, data });
  const invitation = page.getByText("Let go to upload");
  // Chromium drops only where it has heard that it may; when that is, it does not say.
  await expect(async () => {
    await drag("dragEnter");
    await drag("dragOver");
    await expect(invitation).toBeVisible({ timeout: 1000 });
    await drag("drop");
    await expect(invitation).toHaveCount(0, { timeout: 1000 });
  }).toPass();
  await expect(files.stored(name).first()).toBeVisible();
});

test("a copied link opens the file for whoever has it, until its owner signs out", async ({
  context,
  mine: page,
  starter,
}, testInfo) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: starter.origin });
  const source = await writeSource(testInfo.outputPath("shared.bin"), 5000);
  const files = await openMyFiles(page);
  await choose(page, source);
  await files.stored(source.name).getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByText("The link is copied.")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const opened = await fetch(link);
  expect([opened.status, (await opened.arrayBuffer()).byteLength]).toEqual([200, source.size]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  expect((await fetch(link)).ok).toBe(false);
});

test("a deleted file is gone at once, and back when that is undone", async ({
  mine: page,
}, testInfo) => {
  const source = await writeSource(testInfo.outputPath("regretted.bin"), 5000);
  const files = await openMyFiles(page);
  await choose(page, source);
  await files.stored(source.name).getByRole("button", { name: "Delete" }).click();
  await expect(files.stored(source.name)).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(files.stored(source.name)).toBeVisible();
  await page.reload();
  await files.stored(source.name).getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText(`${source.name} is deleted.`)).toBeVisible();
  await page.reload();
  await expect(page.getByText("No files yet")).toBeVisible();
});

test("nobody else sees one's files, by whatever address", async ({
  browser,
  mine: page,
  starter,
}, testInfo) => {
  const source = await writeSource(testInfo.outputPath("private.bin"), 5000);
  const files = await openMyFiles(page);
  await choose(page, source);
  await expect(files.stored(source.name)).toBeVisible();
  const { items } = await (await send(page.context(), starter, "GET", "/files")).json();
  expect(items).toHaveLength(1);

  const elsewhere = await browser.newContext({ baseURL: starter.origin, locale: "en-GB" });
  await signIn(elsewhere, starter, await makePerson(browser, starter));
  const theirs = await elsewhere.newPage();
  await openMyFiles(theirs);
  await expect(theirs.getByText("No files yet")).toBeVisible();
  const headers = await credential(elsewhere, starter);
  const [{ id }] = items;
  for (const path of [`/files/${id}`, `/files/${id}/content`]) {
    const refused = await elsewhere.request.get(starter.apiOrigin + path, { headers });
    expect(await refused.json()).toMatchObject({ status: 404, code: "NOT_FOUND" });
  }
  await elsewhere.close();
});

test("a program that calls itself a picture is refused, in words", async ({
  mine: page,
}, testInfo) => {
  const path = testInfo.outputPath("holiday.png");
  await writeFile(path, `MZ${"\0".repeat(2000)}`);
  const files = await openMyFiles(page);
  await choose(page, { path });
  const row = files.sending("holiday.png");
  await expect(row).toContainText("The content of this file is not what its name says");
  await row.getByRole("button", { name: "Dismiss" }).click();
  await expect(page.getByText("No files yet")).toBeVisible();
});
