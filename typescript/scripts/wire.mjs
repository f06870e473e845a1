/**
 * Writes a module for each file of wire/: one constant per key, named FILE_KEY. A bundler keeps a module whole, so that
 * a page loads none that it does not use.
 *
 *     node scripts/wire.mjs           writes
 *     node scripts/wire.mjs --check   fails when one of them is stale
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const wire = new URL("../../wire/", import.meta.url);

/** Modules that belong to one feature, and to no other. */
const TARGETS = { "realtime.json": "realtime/wire.ts" };

const isCheck = process.argv.includes("--check");
for (const file of readdirSync(wire).filter((name) => name.endsWith(".json"))) {
  const name = TARGETS[file] ?? `core/wire/${file.replace(".json", ".ts")}`;
  const target = new URL(`../src/${name}`, import.meta.url);
  const text = moduleOf(file);
  if (!isCheck) {
    writeFileSync(target, text);
  } else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
    console.error(`typescript/src/${name} is stale: run \`npm run wire -w flask-dovetail\`.`);
    process.exitCode = 1;
  }
}

function moduleOf(file) {
  const { about, ...entries } = JSON.parse(readFileSync(new URL(file, wire), "utf8"));
  const lines = [
    `// Generated from wire/${file} by scripts/wire.mjs: change the JSON, then \`npm run wire\`.`,
    `// ${about}`,
  ];
  for (const [key, value] of Object.entries(entries)) {
    lines.push(constant(`${file.replace(".json", "")}_${key}`, value));
  }
  if (file === "errors.json") {
    lines.push("", "// A page needs no more of the list above, which is twice as long.");
    lines.push(constant("errors_by_status", byStatus(entries.codes)));
  }
  return `${lines.join("\n")}\n`;
}

function constant(name, value) {
  const literal = JSON.stringify(value, null, 2) + (typeof value === "object" ? " as const" : "");
  return `export const ${name.toUpperCase().replaceAll("-", "_")} = ${literal};`;
}

/** The first code of each status, which is its general one, with its title. */
function byStatus(codes) {
  const pairs = Object.entries(codes).map(([code, { status, title }]) => [status, [code, title]]);
  return Object.fromEntries(pairs.toReversed());
}
