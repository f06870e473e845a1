/**
 * Bundles the command of the package into `dist/cli/`: with the generator and the TypeScript that it needs inside, it works
 * beside any TypeScript of the project, or none. The licences of what is inside stand beside it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["codegen/cli.mjs"],
  outfile: "dist/cli/flask-dovetail.js",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minify: true,
  legalComments: "none",
  metafile: true,
  banner: {
    js: `#!/usr/bin/env node
import { createRequire as dovetailRequire } from "node:module";
import { fileURLToPath as dovetailPath } from "node:url";
const require = dovetailRequire(import.meta.url), __filename = dovetailPath(import.meta.url), __dirname = dovetailPath(new URL(".", import.meta.url));`,
  },
});

const folders = new Set(
  Object.keys(metafile.inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  ),
);
const licenses = [...folders].map((folder) => `${root}/${folder}`).map(licenseOf);
writeFileSync(`${root}/dist/cli/LICENSES.txt`, licenses.toSorted().join(`\n${"-".repeat(80)}\n\n`));

/** @returns the name, the version and the licence of a package, and its notices. */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice|thirdpartynotice)/i.test(file))
    .map((file) => readFileSync(`${folder}/${file}`, "utf8").trim());
  return `${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
}
