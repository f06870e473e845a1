/**
 * Writes src/wire.ts from wire/*.json: one constant per key, named FILE_KEY.
 *
 *     node scripts/wire.mjs           writes
 *     node scripts/wire.mjs --check   fails when src/wire.ts is stale
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const wire = new URL("../../wire/", import.meta.url);
const target = new URL("../src/wire.ts", import.meta.url);

const lines = [
  "// Generated from wire/*.json by scripts/wire.mjs: change the JSON, then `npm run wire`.",
  "",
];
for (const file of readdirSync(wire)
  .filter((name) => name.endsWith(".json"))
  .toSorted()) {
  const { about, ...entries } = JSON.parse(readFileSync(new URL(file, wire), "utf8"));
  lines.push(`// ${file}: ${about}`);
  for (const [key, value] of Object.entries(entries)) {
    const name = `${file.replace(".json", "")}_${key}`.toUpperCase().replaceAll("-", "_");
    const constant = typeof value === "object" ? " as const" : "";
    lines.push(`export const ${name} = ${JSON.stringify(value, null, 2)}${constant};`);
  }
  if (file === "errors.json") {
    lines.push("", "// All that a page needs of the list above, which is twice as long.");
    lines.push(
      `export const ERRORS_BY_STATUS = ${JSON.stringify(byStatus(entries.codes), null, 2)} as const;`,
    );
  }
  lines.push("");
}
/** The general code of each status, which is its first, with its title. */
function byStatus(codes) {
  const pairs = Object.entries(codes).map(([code, { status, title }]) => [status, [code, title]]);
  return Object.fromEntries(pairs.toReversed());
}

const text = lines.join("\n");

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("typescript/src/wire.ts is stale: run `npm run wire -w typescript`.");
  process.exitCode = 1;
}
