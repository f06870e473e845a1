/**
 * What a page pays for the package: `createDovetail` with everything it needs, bundled, minified, brotli. Fails above
 * the budget.
 */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

// 7000 held the session strategy; access tokens, one refresh for all tabs, and providers are the rest. They are not a
// module of their own: which strategy a build meets is known at run time only.
const BUDGET_BYTES = 8500;

const { outputFiles } = await build({
  stdin: {
    contents:
      'import { createDovetail } from "./src/index.js"; window.dovetail = createDovetail();',
    resolveDir: fileURLToPath(new URL("..", import.meta.url)),
  },
  bundle: true,
  splitting: true,
  outdir: "page",
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
});
// What a page loads later, and only where its server wants proofs of possession, does not count.
const code = outputFiles.find(({ path }) => path.endsWith("stdin.js")).contents;
const bytes = brotliCompressSync(code).length;

console.log(
  `createDovetail: ${bytes} bytes brotli (${code.length} minified), budget ${BUDGET_BYTES}`,
);
if (bytes > BUDGET_BYTES) {
  console.error("Over budget: find what was pulled in, or raise BUDGET_BYTES and say why.");
  process.exitCode = 1;
}
