/**
 * Writes src/wire.ts from wire/*.json: one constant per key, named FILE_KEY. What only one feature needs, and loads late,
 * is beside it: a module is in one chunk as a whole.
 *
 *     node scripts/wire.mjs           writes
 *     node scripts/wire.mjs --check   fails when one of them is stale
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const wire = new URL("../../wire/", import.meta.url);
const APART = { "realtime.json": "realtime/wire.ts" };

const isCheck = process.argv.includes("--check");
const modules = new Map();
for (const file of readdirSync(wire)
  .filter((name) => name.endsWith(".json"))
  .toSorted()) {
  const { about, ...entries } = JSON.parse(readFileSync(new URL(file, wire), "utf8"));
  const target = APART[file] ?? "wire.ts";
  const lines = modules.get(target) ?? [
    "// Generated from wire/*.json by scripts/wire.mjs: change the JSON, then `npm run wire`.",
  ];
  modules.set(target, lines);
  lines.push("", `// ${file}: ${about}`);
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
}

/** The general code of each status, which is its first, with its title. */
function byStatus(codes) {
  const pairs = Object.entries(codes).map(([code, { status, title }]) => [status, [code, title]]);
  return Object.fromEntries(pairs.toReversed());
}

for (const [name, lines] of modules) {
  const target = new URL(`../src/${name}`, import.meta.url);
  const text = `${lines.join("\n")}\n`;
  if (!isCheck) {
    writeFileSync(target, text);
  } else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
    console.error(`typescript/src/${name} is stale: run \`npm run wire -w typescript\`.`);
    process.exitCode = 1;
  }
}
