import { readFile } from "node:fs/promises";
import { writeSource } from "../../bytes.ts";
import { expect, test } from "../../fixtures.ts";
import { choose, openMyFiles } from "../../my-files.ts";

test("neither a file's name nor what its addresses are signed with is in the server's log", async ({
  mine: page,
  starter,
}, testInfo) => {
  const source = await writeSource(testInfo.outputPath("my-diagnosis.bin"), 5000);
  const signed: string[] = [];
  page.on("request", (request) => signed.push(request.url()));
  const files = await openMyFiles(page);
  await choose(page, source);
  const link = files.stored(source.name).getByRole("link", { name: "Download" });
  signed.push((await link.getAttribute("href")) ?? "");
  const download = page.waitForEvent("download");
  await link.click();
  await (await download).path();
  const signatures = new Set(
    signed.flatMap((address) =>
      [...new URL(address).searchParams]
        .filter(([name]) => /signature/i.test(name))
        .map(([, value]) => value),
    ),
  );
  expect(signatures.size).toBeGreaterThanOrEqual(2);
  const log = await readFile(starter.log, "utf8");
  expect(log).toContain("/files/upload/commit");
  for (const secret of ["my-diagnosis", ...signatures]) {
    expect(log).not.toContain(secret);
  }
});
