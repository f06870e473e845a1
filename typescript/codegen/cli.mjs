/**
 * The command of the package. It writes the TypeScript types of an OpenAPI document (3.0 or 3.1, JSON or YAML), Dovetail's
 * or any other, or of Dovetail's AsyncAPI 3 document (JSON).
 *
 *     flask-dovetail types openapi.json                         writes schema.d.ts
 *     flask-dovetail types openapi.json src/schema.d.ts         writes there
 *     flask-dovetail types openapi.json src/schema.d.ts --check fails when src/schema.d.ts is stale
 *     flask-dovetail types http://localhost:5000/openapi.json   reads from the running app
 *     flask-dovetail types asyncapi.json                        writes sockets.d.ts: `sockets` instead of `paths`
 *
 * The same document gives the same bytes, in any order of its members. The published package has this file as one bundle
 * (`scripts/bundle-cli.mjs`), with the generator and the compiler that it needs inside.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { asOpenApi, asType, SOCKETS } from "./sockets.mjs";

const USAGE = `Usage: npx flask-dovetail types SOURCE [TARGET] [--check]

  SOURCE   an OpenAPI document (3.0 or 3.1, JSON or YAML), or the AsyncAPI document of a Dovetail app: a file or an address
  TARGET   the file to write; by default schema.d.ts, or sockets.d.ts for AsyncAPI
  --check  write nothing, and fail when TARGET is stale`;

const [command, ...args] = process.argv.slice(2);
const flags = args.filter((each) => each.startsWith("-"));
const [source, given, ...more] = args.filter((each) => !each.startsWith("-"));

if ([command, ...flags].some((each) => each === "--help" || each === "-h")) {
  console.log(USAGE);
} else if (
  command !== "types" ||
  !source ||
  more.length > 0 ||
  flags.some((each) => each !== "--check")
) {
  fail(USAGE, 2);
} else if (given && !/\.[cm]?ts$/.test(given)) {
  // A second document, most likely, which would be overwritten.
  fail(`TARGET is ${given}, which is no TypeScript file: write schema.d.ts, say.\n\n${USAGE}`, 2);
} else {
  await run();
}

async function run() {
  const { types, sockets } = await typesOf(source);
  const target = given ?? (sockets ? "sockets.d.ts" : "schema.d.ts");
  if (flags.length === 0) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, types);
  } else if (textOf(target) !== types) {
    const renewal = `npx flask-dovetail types ${source} ${target}`;
    fail(`${target} does not match ${source}: run \`${renewal}\`.`, 1);
  }
}

async function typesOf(path) {
  try {
    const isAddress = /^https?:/.test(path);
    const sockets = asyncApi(isAddress ? await fetchText(path) : readFileSync(path, "utf8"));
    const address = isAddress ? new URL(path) : pathToFileURL(path);
    const tree = await openapiTS(sockets ? asOpenApi(sockets) : address, {
      alphabetize: true,
      // A member with a default may be left out of a request: only `required` makes it always present.
      defaultNonNullable: false,
      silent: true,
      transform: asType,
    });
    const header = `// Generated from ${basename(address.pathname)} by \`flask-dovetail types\`. Do not edit.\n\n`;
    return { types: header + astToString(sockets ? socketsOf(tree) : tree), sockets };
  } catch (error) {
    const reason = error.cause?.message || error.message;
    return fail(`${path} cannot be read as an OpenAPI or AsyncAPI document: ${reason}`, 1);
  }
}

async function fetchText(address) {
  const response = await fetch(address);
  if (!response.ok) {
    throw new Error(`the answer is ${response.status}`);
  }
  return response.text();
}

/** @returns the document if it is an AsyncAPI one, else `null`. */
function asyncApi(text) {
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
