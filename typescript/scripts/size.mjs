/**
 * Prints the size of the package in a page: `createDovetail` with everything it needs, bundled, minified, brotli. Fails
 * above the budget.
 */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

// The session strategy fits in 7000. Access tokens, one refresh for all tabs, and providers need 1500 more: which strategy
// a build meets is known only at run time, so they cannot be loaded later. The task that an upload returns at once, before
// its code has been loaded, and the list of realtime subscriptions need another 750. Another 50 are the loading, backoff
// and single flight that all features share. The last 200 tell what is below the path that the API is mounted at, and below the
// one that the routes have been moved to.
const BUDGET_BYTES = 9500;

// Bundled apart: esbuild would put a helper that only this library needs into the first chunk of the page.
const LIBRARY = "socket.io-client";

function bundle(contents, external) {
  return build({
    stdin: { contents, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    external,
    splitting: true,
    outdir: "page",
    minify: true,
    format: "esm",
    target: "es2022",
    metafile: true,
    write: false,
  });
}

const { outputFiles, metafile } = await bundle(
  'import { createDovetail } from "./src/index.js"; window.dovetail = createDovetail();',
  [LIBRARY],
);
const outputs = Object.entries(metafile.outputs);

/** Returns a chunk with all chunks that it imports at once. */
function loadedWith(path, chunks = new Set()) {
  if (!chunks.has(path)) {
    chunks.add(path);
    for (const { path: next, kind } of metafile.outputs[path].imports) {
      if (kind === "import-statement") {
        loadedWith(next, chunks);
      }
    }
  }
  return chunks;
}

function sizeOf(paths) {
  return sizeOfAll(
    outputFiles.filter(({ path }) => [...paths].some((wanted) => path.endsWith(`/${wanted}`))),
  );
}

function sizeOfAll(files) {
  const code = files.map(({ text }) => text).join("");
  return { bytes: brotliCompressSync(code).length, minified: code.length };
}

const [entry] = outputs.find(([, { entryPoint }]) => entryPoint === "<stdin>");
const page = loadedWith(entry);
const { bytes, minified } = sizeOf(page);
console.log(`createDovetail: ${bytes} bytes brotli (${minified} minified), budget ${BUDGET_BYTES}`);

// Chunks that a page loads later, and only where it uses them, do not count.
for (const [path, { entryPoint }] of outputs) {
  if (entryPoint && path !== entry) {
    const later = sizeOf([...loadedWith(path)].filter((chunk) => !page.has(chunk)));
    console.log(`later, ${entryPoint}: ${later.bytes} bytes brotli (${later.minified} minified)`);
  }
}
const library = await bundle(`export { Manager } from "${LIBRARY}";`, []);
const later = sizeOfAll(library.outputFiles);
console.log(`later, ${LIBRARY}: ${later.bytes} bytes brotli (${later.minified} minified)`);
if (bytes > BUDGET_BYTES) {
  console.error("Over budget: find what was pulled in, or raise BUDGET_BYTES and say why.");
  process.exitCode = 1;
}
