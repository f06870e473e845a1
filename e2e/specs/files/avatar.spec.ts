import type { Page } from "@playwright/test";
import { expect, test, write } from "../../fixtures.ts";

/** A picture to choose, drawn by the page. */
async function drawing(page: Page, colour: string) {
  const bytes = await page.evaluate(async (fill) => {
    const canvas = new OffscreenCanvas(500, 400);
    const pen = canvas.getContext("2d");
    if (pen) {
      pen.fillStyle = fill;
      pen.fillRect(0, 0, 500, 400);
    }
    const picture = await canvas.convertToBlob({ type: "image/jpeg" });
    return [...new Uint8Array(await picture.arrayBuffer())];
  }, colour);
  return { name: "me.jpg", mimeType: "image/jpeg", buffer: Buffer.from(bytes) };
}

test("a picture of oneself is chosen, shown in a modern format wherever one is, and removed", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  await write(page.context(), starter, "With a picture");
  await page.goto("/profile");
  const main = page.getByRole("main");
  await expect(main.getByText(person.email)).toBeVisible();
  const picture = main.locator("picture img");
  await expect(picture).toHaveCount(0);

  for (const colour of ["teal", "peru"]) {
    const shown = await picture.evaluateAll((all) =>
      all.map((image) => (image as HTMLImageElement).currentSrc),
    );
    const choosing = page.waitForEvent("filechooser");
    await main.getByRole("button", { name: /(?:Choose|Change).* picture/ }).click();
    await (await choosing).setFiles(await drawing(page, colour));
    await expect
      .poll(() => picture.evaluate((i: HTMLImageElement) => i.currentSrc))
      .toContain("/files/");
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.currentSrc))
      .not.toBe(shown[0]);
  }
  const source = await picture.evaluate((image: HTMLImageElement) => image.currentSrc);
  await expect
    .poll(() => picture.evaluate((i: HTMLImageElement) => i.naturalWidth))
    .toBeGreaterThan(0);
  const answer = await page.request.get(source);
  expect(answer.headers()["content-type"]).toBe("image/avif");

  const visitor = await browser.newPage({ baseURL: starter.origin });
  await visitor.goto("/");
  const post = visitor.getByRole("article").filter({ hasText: person.name }).first();
  await expect
    .poll(() => post.locator("picture img").evaluate((i: HTMLImageElement) => i.naturalWidth))
    .toBeGreaterThan(0);
  await visitor.close();

  await main.getByRole("button", { name: /Remove/ }).click();
  await expect(picture).toHaveCount(0);
  await page.reload();
  await expect(main.getByText(person.email)).toBeVisible();
  await expect(picture).toHaveCount(0);
});
