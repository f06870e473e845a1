/**
 * Writes the TypeScript of an OpenAPI document, Dovetail's or any other (3.0 or 3.1, JSON or YAML), or of Dovetail's
 * AsyncAPI 3 document (JSON).
 *
 *     node typescript/codegen/generate.mjs openapi.json schema.d.ts           writes
 *     node typescript/codegen/generate.mjs openapi.json schema.d.ts --check   fails when schema.d.ts is stale
 *     node typescript/codegen/generate.mjs asyncapi.json sockets.d.ts         writes `sockets` instead of `paths`
 *
 * The same document gives the same bytes, whatever the order of its members.
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
const written = await typesOf(source);

if (flag !== "--check") {
  writeFileSync(target, written);
} else if (current(target) !== written) {
  fail(`${target} does not match ${source}: run \`${command}\`.`, 1);
}

async function typesOf(path) {
  try {
    const sockets = asyncApi(path);
    const tree = await openapiTS(sockets ? asOpenApi(sockets) : pathToFileURL(path), {
      alphabetize: true,
      // A member with a default may be left out of a request; `required` alone says what is always there.
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

/** The document, if it is one of sockets. */
function asyncApi(path) {
  const text = readFileSync(path, "utf8");
  const document = text.trimStart().startsWith("{") ? JSON.parse(text) : {};
  return document.asyncapi ? document : null;
}

/** Of the generated declarations, the schemas, and `sockets` as an interface of its own. */
function socketsOf(tree) {
  const { factory } = ts;
  const named = (name) => tree.find((node) => node.name?.text === name);
  const member = (node, name) => node.members.find((each) => each.name?.text === name);
  const schemas = member(named("components"), "schemas").type;
  const sockets = member(schemas, SOCKETS);
  const rest = schemas.members.filter((each) => each !== sockets);
  const declared = (name, members) =>
    factory.createInterfaceDeclaration(
      [factory.createToken(ts.SyntaxKind.ExportKeyword)],
      name,
      undefined,
      undefined,
      members,
    );
  return [
    declared(SOCKETS, sockets.type.members),
    declared("components", [
      factory.createPropertySignature(
        undefined,
        "schemas",
        undefined,
        factory.createTypeLiteralNode(rest),
      ),
    ]),
  ];
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
