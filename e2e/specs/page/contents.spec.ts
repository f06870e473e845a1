import { writeFile } from "node:fs/promises";
import { expect, send, test } from "../../fixtures.ts";
import { choose, openMyFiles } from "../../my-files.ts";

const script = "globalThis.ran = true; document.title = 'ran'";

/** What comes after the width of a GIF with one pixel in it. */
const pixel = "\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/** What people could send to make a page do something. The GIF is a script as well. */
const dangerous = {
  "page.html": `<title>page</title><script>${script}</script>`,
  "picture.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>${script}</script></svg>`,
  "script.js": script,
  "style.css": "body { color: rgb(1, 2, 3) }",
  "both.gif": `GIF89a/*${pixel}*/=1;${script}`,
  "words.txt": `Words <script>${script}</script>`,
};

test("nothing that people upload runs, or changes a page, however a page takes it in", async ({
  complaints,
  mine: page,
  starter,
}, testInfo) => {
  test.setTimeout(60_000); // a browser takes its time to refuse so many things
  const sources = Object.entries(dangerous).map(([name, content]) => ({
    path: testInfo.outputPath(name),
    content,
  }));
  for (const { path, content } of sources) {
    await writeFile(path, content);
  }
  const files = await openMyFiles(page);
  await choose(page, ...sources);
  for (const name of Object.keys(dangerous)) {
    await expect(files.stored(name)).toBeVisible();
  }
  const { items } = await (await send(page.context(), starter, "GET", "/files")).json();
  const addresses: Record<string, string> = Object.fromEntries(
    items.map((item: { name: string; content_url: string }) => [item.name, item.content_url]),
  );
  expect(Object.keys(addresses)).toHaveLength(sources.length);

  // A page of the API's own origin whose policy says nothing of scripts: the worst place to be in.
  await page.goto(`${starter.apiOrigin}/healthz`);
  const tried = await page.evaluate(async (all) => {
    const into = (tag: string, address: Record<string, string>) =>
      new Promise<string>((resolve) => {
        const element = Object.assign(document.createElement(tag), address);
        element.addEventListener("load", () => resolve("loaded"));
        element.addEventListener("error", () => resolve("refused"));
        document.body.append(element);
      });
    const found: Record<string, string> = {};
    for (const [name, address] of Object.entries(all)) {
      found[`script ${name}`] = await into("script", { src: address });
      found[`style ${name}`] = await into("link", { rel: "stylesheet", href: address });
      found[`module ${name}`] = await import(address).then(
        () => "loaded",
        () => "refused",
      );
      found[`worker ${name}`] = await navigator.serviceWorker.register(address).then(
        () => "loaded",
        () => "refused",
      );
      document.body.append(Object.assign(document.createElement("iframe"), { src: address }));
    }
    found["picture picture.svg"] = await into("img", { src: all["picture.svg"] ?? "" });
    return { found, colour: getComputedStyle(document.body).color, ran: "ran" in globalThis };
  }, addresses);
  const { "picture picture.svg": picture, ...rest } = tried.found;
  expect(picture).toBe("loaded");
  expect(new Set(Object.values(rest)), JSON.stringify(rest)).toEqual(new Set(["refused"]));
  expect(tried).toMatchObject({ ran: false });
  expect(tried.colour).not.toBe("rgb(1, 2, 3)");

  for (const [name, address] of Object.entries(addresses)) {
    if (["both.gif", "words.txt"].includes(name)) {
      await page.goto(address);
      expect(await page.title()).not.toBe("ran");
      expect(await page.evaluate(() => [self.origin, "ran" in globalThis])).toEqual([
        "null",
        false,
      ]);
    } else {
      // A frame's download of another file may still be on its way.
      const download = page.waitForEvent("download", (one) => one.url() === address);
      await expect(page.goto(address)).rejects.toThrow("Download is starting");
      expect((await download).suggestedFilename()).toBe(name);
    }
  }
  complaints.length = 0; // the browser has told at length what it refused
});
