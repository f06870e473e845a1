/**
 * What a page pays for the package: `createDovetail` with everything it needs, bundled, minified, brotli. Fails above
 * the budget.
 */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

// 7000 held the session strategy; access tokens, one refresh for all tabs, and providers are the rest. They are not a
// module of their own: which strategy a build meets is known at run time only. 8500 held all that; the codes of files are
// 40 more, and the task that an upload returns at once, before its code has been loaded, is the rest. 8950 held that; the
// rest is the list of what a page asks of realtime, which has to be there before its code: listeners, rooms and events.
const BUDGET_BYTES = 9250;

// Apart: esbuild would put a helper that nothing else needs into what the page loads first.
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

/** A chunk and all that it cannot start without. */
function loadedWith(path, found = new Set()) {
  if (!found.has(path)) {
    found.add(path);
    for (const { path: next, kind } of metafile.outputs[path].imports) {
      if (kind === "import-statement") {
        loadedWith(next, found);
      }
    }
  }
  return found;
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

// What a page loads later, and only where it is used, does not count.
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
