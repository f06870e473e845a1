import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { build, type InlineConfig, type LogErrorOptions } from "vite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dovetail } from "../../src/delivery/vite.js";
import { filesBelow, writeFrontend } from "../support/frontend.js";

let root: string;

beforeEach(async () => {
  root = await writeFrontend();
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function built(config: InlineConfig = {}): Promise<string[]> {
  await build({ root, configFile: false, logLevel: "silent", plugins: [dovetail()], ...config });
  return await filesBelow(join(root, "dist"));
}

const read = (name: string) => readFile(join(root, "dist", name));
const entryIn = (files: string[]) => files.find((name) => /^assets\/index-.{8}\.js$/.test(name))!;

describe("a production build", () => {
  it("writes a manifest that lists every hashed file", async () => {
    const files = await built();
    const manifest = JSON.parse((await read(".vite/manifest.json")).toString());
    const inManifest = Object.values<{ file: string; css?: string[]; assets?: string[] }>(
      manifest,
    ).flatMap((chunk) => [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]);
    const hashed = files.filter((name) => /^assets\/.*\.(?:js|css|svg)$/.test(name));
    expect(hashed.length).toBeGreaterThanOrEqual(4);
    expect(new Set(inManifest)).toEqual(new Set(hashed));
  });

  it("writes .br and .gz that unpack to the file", async () => {
    const entry = entryIn(await built());
    const plain = await read(entry);
    expect(brotliDecompressSync(await read(`${entry}.br`))).toEqual(plain);
    expect(gunzipSync(await read(`${entry}.gz`))).toEqual(plain);
    expect((await read(`${entry}.br`)).length).toBeLessThan(plain.length / 2);
  });

  it("says why it failed, and nothing of files that it has not written", async () => {
    await writeFile(join(root, "index.html"), '<script type="module" src="/absent.js"></script>');
    await expect(built({ build: { sourcemap: true } })).rejects.toThrow("absent.js");
  });

  it("compresses only files that are served", async () => {
    const files = await built();
    expect(files.filter((name) => name.startsWith(".vite/"))).toEqual([".vite/manifest.json"]);
    expect(files.filter((name) => /\.(?:br|gz)\.(?:br|gz)$/.test(name))).toEqual([]);
  });

  it("leaves files below 1 kB uncompressed, and removes files of an earlier build", async () => {
    await writeFile(join(root, "public/robots.txt.br"), "stale");
    const files = await built();
    expect(files).toContain("robots.txt");
    expect(files.filter((name) => name.startsWith("robots.txt."))).toEqual([]);
  });

  it("loads /config.js before the application, once, without a warning", async () => {
    const warnings: string[] = [];
    const customLogger = quiet(warnings);
    await built({ customLogger });
    const html = (await read("index.html")).toString();
    expect(html.match(/<script[^>]*config\.js[^>]*>/g)).toEqual([
      '<script defer src="/config.js">',
    ]);
    expect(html.indexOf("/config.js")).toBeLessThan(html.indexOf('type="module"'));
    expect(warnings).toEqual([]);
  });

  it.each([
    ["/app/", "/app/config.js"],
    ["/app", "/app/config.js"],
    ["./", "./config.js"],
    ["https://cdn.example.com/app/", "/config.js"],
    ["//cdn.example.com/app/", "/config.js"],
  ])("loads it where the page is, for base: %s", async (base, src) => {
    await built({ base, customLogger: quiet([]) });
    const html = (await read("index.html")).toString();
    expect(html).toContain(`<script defer src="${src}">`);
  });

  it("does not change a page that loads /config.js by itself", async () => {
    const page = join(root, "index.html");
    const own = (await readFile(page, "utf8")).replace(
      "</title>",
      '</title><script src="/config.js"></script>',
    );
    await writeFile(page, own);
    await built();
    expect((await read("index.html")).toString().match(/config\.js/g)).toHaveLength(1);
  });

  it("has no source map by default", async () => {
    expect((await built()).filter((name) => name.endsWith(".map"))).toEqual([]);
  });

  it.each([true, "inline", "hidden"] as const)(
    "keeps source maps beside the folder that is served, for sourcemap: %s",
    async (sourcemap) => {
      const files = await built({ build: { sourcemap } });
      expect(files.filter((name) => name.includes(".map"))).toEqual([]);
      expect((await read(entryIn(files))).toString()).not.toContain("sourceMappingURL");
      const maps = await filesBelow(join(root, "dist-sourcemaps"));
      expect(maps).toContain(`${entryIn(files)}.map`);
    },
  );

  it.each<[string, NonNullable<InlineConfig["build"]>["assetsInlineLimit"], string[]]>([
    ["Vite's own limit", undefined, ["svg"]],
    ["a limit", 100_000, ["svg"]],
    ["no inlining", 0, []],
    ["a function that leaves the choice to Vite", () => undefined, ["svg"]],
    ["a function that inlines all", () => true, ["mp3", "svg", "woff2", "wasm"]],
  ])(
    "inlines images alone, which the page's policy allows: %s",
    async (_name, assetsInlineLimit, inlined) => {
      const small = {
        svg: '<svg xmlns="http://www.w3.org/2000/svg"/>',
        mp3: "sound",
        woff2: "font",
        wasm: "code",
      };
      for (const [ending, content] of Object.entries(small)) {
        // oxlint-disable-next-line no-await-in-loop -- few
        await writeFile(join(root, "src", `small.${ending}`), content);
      }
      await writeFile(
        join(root, "src/main.css"),
        '@font-face { font-family: small; src: url("./small.woff2") }',
      );
      await writeFile(
        join(root, "src/main.js"),
        `import "./main.css";
import sound from "./small.mp3";
import picture from "./small.svg";
console.log(sound, picture, new URL("./small.wasm", import.meta.url).href);`,
      );
      const files = await built(
        assetsInlineLimit === undefined ? {} : { build: { assetsInlineLimit } },
      );
      const asFiles = Object.keys(small).filter((ending) =>
        files.some((name) => name.startsWith("assets/small-") && name.endsWith(`.${ending}`)),
      );
      const expected = Object.keys(small).filter((ending) => !inlined.includes(ending));
      expect(asFiles).toEqual(expected);
    },
  );

  it("does not change a server build", async () => {
    const files = await built({ build: { ssr: "src/lazy.js" } });
    expect(files).toContain("lazy.js");
    expect(files.filter((name) => /\.(?:br|gz)$/.test(name))).toEqual([]);
  });
});

const silent = () => undefined;

function quiet(warnings: string[]) {
  const warn = (message: string) => void warnings.push(message);
  return {
    hasWarned: false,
    info: silent,
    warn,
    warnOnce: warn,
    error: warn as (message: string, options?: LogErrorOptions) => void,
    clearScreen: silent,
    hasErrorLogged: () => false,
  };
}
