import { writeFile } from "node:fs/promises";
import { writeSource } from "../../bytes.ts";
import { expect, send, test } from "../../fixtures.ts";
import { looks } from "../../looks.ts";
import { choose, openMyFiles, stopParts } from "../../my-files.ts";

/** As wide as a name gets. */
const wide = (ending: string) => `${"W".repeat(100)}.${ending}`;

for (const [look, { viewport, expectClean }] of Object.entries(looks)) {
  test.describe(look, () => {
    test.use({ viewport, colorScheme: "light", reducedMotion: "reduce" });

    test(`no state of a file has a barrier or scrolls sideways, in ${look}`, async ({
      mine: page,
      starter,
    }, testInfo) => {
      test.setTimeout(60_000);
      const announced = { name: wide("mov"), content_type: "video/quicktime", size: 10_000_000 };
      const begun = await send(page.context(), starter, "POST", "/files/upload/presign", announced);
      expect(begun.status()).toBe(201);
      const files = await openMyFiles(page);
      await expect(files.cutOff(wide("mov"))).toBeVisible();

      const stored = await writeSource(testInfo.outputPath(wide("txt")), 0);
      await choose(page, stored);
      await expect(files.stored(stored.name)).toBeVisible();
      await expectClean(page, "files, a message, and one that was cut off");

      const program = testInfo.outputPath(wide("png"));
      await writeFile(program, `MZ${"\0".repeat(2000)}`);
      await choose(page, { path: program });
      await expect(files.sending(wide("png"))).toContainText("is not what its name says");

      const letGo = await stopParts(page);
      const resting = await writeSource(testInfo.outputPath(wide("bin")), 5000);
      await choose(page, resting);
      await expect(files.sending(resting.name).getByRole("progressbar")).toBeVisible();
      await expectClean(page, "a file under way, and one that was refused");
      await files.sending(resting.name).getByRole("button", { name: "Pause" }).click();
      await expect(files.sending(resting.name)).toContainText("Paused");
      await expectClean(page, "a file that rests");
      await letGo();
    });
  });
}
