/**
 * What a visitor's browser fetches, in JavaScript, before it can draw the feed: the entry, the larger catalog, and
 * everything these import. Fails when that is over budget. Run after `npm run build`.
 */
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

// Likes, the bell and the word on the connection are drawn with it; what comes live is fetched after it.
const budgetBytes = 132_000;
const folder = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", folder), "utf8"));

const catalogs = Object.keys(manifest).filter((key) => /^src\/i18n\/\w+\.json$/.test(key));
const sizes = catalogs.map((catalog) => total(["index.html", catalog]));
const bytes = Math.max(...sizes);

console.log(`First screen: ${kB(bytes)} of JavaScript (brotli), budget ${kB(budgetBytes)}.`);
if (bytes > budgetBytes) {
  console.error(
    "Over budget: move something out of the first screen (dialogs and forms load when needed).",
  );
  process.exitCode = 1;
}

function total(entries) {
  const files = new Set();
  const seen = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (!chunk) throw new Error(`${key} is not in .vite/manifest.json: was it renamed?`);
    files.add(chunk.file);
    chunk.imports?.forEach(visit);
  };
  entries.forEach(visit);
  return [...files].reduce((sum, file) => sum + compressed(file), 0);
}

function compressed(file) {
  return brotliCompressSync(readFileSync(new URL(file, folder))).length;
}

function kB(size) {
  return `${(size / 1000).toFixed(1)} kB`;
}
