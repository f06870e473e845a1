/**
 * Writes the TypeScript types of an OpenAPI document (3.0 or 3.1, JSON or YAML), Dovetail's or any other, or of Dovetail's
 * AsyncAPI 3 document (JSON).
 *
 *     node typescript/codegen/generate.mjs openapi.json schema.d.ts           writes
 *     node typescript/codegen/generate.mjs openapi.json schema.d.ts --check   fails when schema.d.ts is stale
 *     node typescript/codegen/generate.mjs asyncapi.json sockets.d.ts         writes `sockets` instead of `paths`
 *
 * The same document gives the same bytes, in any order of its members.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { asOpenApi, asType, SOCKETS } from "./sockets.mjs";

const [source, target, flag] = process.argv.slice(2);

if (!source || !target || (flag !== undefined && flag !== "--check")) {
  fail(
    "Usage: node typescript/codegen/generate.mjs <openapi or asyncapi document> <out.d.ts> [--check]",
    2,
  );
}
const command = `node ${relative("", process.argv[1])} ${source} ${target}`;
const types = await typesOf(source);

if (flag !== "--check") {
  writeFileSync(target, types);
} else if (textOf(target) !== types) {
  fail(`${target} does not match ${source}: run \`${command}\`.`, 1);
}

async function typesOf(path) {
  try {
    const sockets = readAsyncApi(path);
    const tree = await openapiTS(sockets ? asOpenApi(sockets) : pathToFileURL(path), {
      alphabetize: true,
      // A member with a default may be left out of a request: only `required` makes it always present.
      defaultNonNullable: false,
      silent: true,
      transform: asType,
    });
    const header = `// Generated from ${basename(path)} by typescript/codegen/generate.mjs. Do not edit.\n\n`;
    return header + astToString(sockets ? socketsOf(tree) : tree);
  } catch (error) {
    return fail(`${path} cannot be read as an OpenAPI or AsyncAPI document: ${error.message}`, 1);
  }
}

/** @returns the document if it is an AsyncAPI one, else `null`. */
function readAsyncApi(path) {
  const text = readFileSync(path, "utf8");
  const document = text.trimStart().startsWith("{") ? JSON.parse(text) : {};
  return document.asyncapi ? document : null;
}

/** @returns of the generated declarations the schemas, and `sockets` as an interface of its own. */
function socketsOf(tree) {
  const { factory } = ts;
  const declarationOf = (name) => tree.find((node) => node.name?.text === name);
  const memberOf = (node, name) => node.members.find((each) => each.name?.text === name);
  const schemas = memberOf(declarationOf("components"), "schemas").type;
  const sockets = memberOf(schemas, SOCKETS);
  const rest = schemas.members.filter((each) => each !== sockets);
  const exportedInterface = (name, members) =>
    factory.createInterfaceDeclaration(
      [factory.createToken(ts.SyntaxKind.ExportKeyword)],
      name,
      undefined,
      undefined,
      members,
    );
  return [
    exportedInterface(SOCKETS, sockets.type.members),
    exportedInterface("components", [
      factory.createPropertySignature(
        undefined,
        "schemas",
        undefined,
        factory.createTypeLiteralNode(rest),
      ),
    ]),
  ];
}

/** @returns the text of a file; `null`: there is none. */
function textOf(path) {
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
