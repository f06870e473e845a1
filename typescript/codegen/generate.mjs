/**
 * Writes the TypeScript of an OpenAPI document, Dovetail's or any other (3.0 or 3.1, JSON or YAML).
 *
 *     node typescript/codegen/generate.mjs openapi.json schema.d.ts           writes
 *     node typescript/codegen/generate.mjs openapi.json schema.d.ts --check   fails when schema.d.ts is stale
 *
 * The same document gives the same bytes, whatever the order of its members.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const [source, target, flag] = process.argv.slice(2);

if (!source || !target || (flag !== undefined && flag !== "--check")) {
  fail("Usage: node typescript/codegen/generate.mjs <openapi document> <out.d.ts> [--check]", 2);
}
const command = `node ${relative("", process.argv[1])} ${source} ${target}`;
const written = await typesOf(source);

if (flag !== "--check") {
  writeFileSync(target, written);
} else if (current(target) !== written) {
  fail(`${target} does not match ${source}: run \`${command}\`.`, 1);
}

async function typesOf(path) {
  try {
    const tree = await openapiTS(pathToFileURL(path), {
      alphabetize: true,
      // A member with a default may be left out of a request; `required` alone says what is always there.
      defaultNonNullable: false,
      silent: true,
    });
    const header = `// Generated from ${basename(path)} by typescript/codegen/generate.mjs. Do not edit.\n\n`;
    return header + astToString(tree);
  } catch (error) {
    return fail(`${path} cannot be read as an OpenAPI document: ${error.message}`, 1);
  }
}

function current(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function fail(message, status) {
  console.error(message);
  process.exit(status);
}
