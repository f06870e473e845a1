/**
 * Checks how files import each other. Imports of types and `import("…")` count like all others.
 *
 *     node scripts/walls.mjs                     the package: circles, imports upwards or across, undocumented exports
 *     node scripts/walls.mjs --package FOLDER    the same for another folder with these rooms
 *     node scripts/walls.mjs --circles FOLDER    circles only, for any other folder
 *
 * oxlint's `import/no-cycle` does not follow `import("…")`, and knows no floors.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

/** The rooms on each floor, lowest first. A file imports from its own room and from lower floors only. */
const FLOORS = [["core"], ["contract"], ["auth", "delivery", "files", "realtime"], ["."]];

/** The declarations that need a summary when they are exported, besides arrow functions. */
const DOCUMENTED = new Set([
  "ClassDeclaration",
  "FunctionDeclaration",
  "TSDeclareFunction",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
]);

/** @returns the text of a file, its syntax tree and its comments. */
function read(path) {
  const text = readFileSync(path, "utf8");
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) {
    throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
  }
  return { text, program, comments };
}

/** @returns every relative specifier of `import`, `export … from` and `import("…")`, also where they mean types. */
function specifiersIn(program) {
  const specifiers = [];
  visit(program, (node) => {
    if (typeof node.source?.value === "string" && node.source.value.startsWith(".")) {
      specifiers.push(node.source.value);
    }
  });
  return specifiers;
}

function visit(node, onNode) {
  if (Array.isArray(node)) {
    for (const each of node) {
      visit(each, onNode);
    }
  } else if (node && typeof node === "object") {
    onNode(node);
    for (const each of Object.values(node)) {
      visit(each, onNode);
    }
  }
}

/** @returns the TypeScript file that a specifier means; `null`: it means a style sheet or data. */
function resolve(from, specifier) {
  const path = join(dirname(from), specifier.replace(/\?.*$/, ""));
  const stem = path.replace(/\.jsx?$/, "");
  const candidates = [path, `${stem}.ts`, `${stem}.tsx`, `${stem}.d.ts`, join(path, "index.ts")];
  return candidates.find((each) => /\.tsx?$/.test(each) && existsSync(each)) ?? null;
}

/** @returns for each file, by its path in the folder, the files that it imports. */
function importsOf(folder) {
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => /\.tsx?$/.test(name))
    .toSorted();
  return new Map(
    files.map((name) => {
      const path = join(folder, name);
      const targets = specifiersIn(read(path).program)
        .map((specifier) => resolve(path, specifier))
        .filter((target) => target !== null)
        .map((target) => relative(folder, normalize(target)));
      return [name, new Set(targets)];
    }),
  );
}

/** @returns groups of files in which each file reaches all others (strongly connected components, by Tarjan). */
function circlesIn(imports) {
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const circles = [];

  function enter(file) {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!order.has(target)) {
        enter(target);
      }
      if (stack.includes(target)) {
        lowest.set(file, Math.min(lowest.get(file), lowest.get(target)));
      }
    }
    if (lowest.get(file) === order.get(file)) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1 || imports.get(file)?.has(file)) {
        circles.push(circle.toSorted());
      }
    }
  }

  for (const file of imports.keys()) {
    if (!order.has(file)) {
      enter(file);
    }
  }
  return circles;
}

/** @returns one way from a file of the group back to itself, the shortest. */
function wayAround(group, imports) {
  const start = group[0];
  const ways = [[start]];
  for (const way of ways) {
    for (const target of imports.get(way.at(-1))) {
      if (target === start) {
        return [...way, start];
      }
      if (group.includes(target) && !ways.some((other) => other.at(-1) === target)) {
        ways.push([...way, target]);
      }
    }
  }
  return group;
}

function roomOf(file) {
  return file.includes("/") ? file.split("/")[0] : ".";
}

function floorOf(room) {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

function faultOfImport(file, target) {
  const [from, to] = [roomOf(file), roomOf(target)];
  const [floor, below] = [floorOf(from), floorOf(to)];
  if (from === to || below < floor) {
    return null;
  }
  return below > floor
    ? `${file} imports ${target}, which is on a higher floor: move what both need down, or pass it in from client.ts.`
    : `${file} imports ${target}, another feature: pass what it needs in from client.ts, or move it to contract/ or core/.`;
}

/** @returns the faults of exported classes, functions and types that have no summary. */
function undocumentedIn(folder, file) {
  const { text, program, comments } = read(join(folder, file));
  if (text.startsWith("// Generated")) {
    return [];
  }
  const exported = program.body.filter(
    ({ type, declaration }) => type.startsWith("Export") && needsSummary(declaration),
  );
  // Of an overloaded function, one signature is enough.
  const documented = new Set(
    exported
      .filter(({ start }) => hasSummary(commentBefore(text, comments, start)))
      .map(({ declaration }) => nameOf(declaration)),
  );
  const names = new Set(exported.map(({ declaration }) => nameOf(declaration)));
  return [...names]
    .filter((name) => !documented.has(name))
    .map(
      (name) =>
        `${file}: ${name} has no summary: begin its doc comment with a sentence, a capital first and a full stop last.`,
    );
}

function needsSummary(declaration) {
  return (
    DOCUMENTED.has(declaration?.type) ||
    (declaration?.type === "VariableDeclaration" &&
      declaration.declarations.some(({ init }) => init?.type === "ArrowFunctionExpression"))
  );
}

function nameOf(declaration) {
  return declaration.id?.name ?? declaration.declarations[0].id.name;
}

/** @returns the doc comment of what starts there; line comments may stand between the two. */
function commentBefore(text, comments, start) {
  for (const comment of comments.filter(({ end }) => end <= start).toReversed()) {
    if (text.slice(comment.end, start).trim() !== "") {
      return undefined;
    }
    if (comment.type === "Block") {
      return comment;
    }
    start = comment.start;
  }
  return undefined;
}

/** Whether the first paragraph of a doc comment is, or begins with, a sentence. */
function hasSummary(comment) {
  if (!comment?.value.startsWith("*")) {
    return false;
  }
  const [paragraph] = comment.value
    .split("\n")
    .map((line) => line.replace(/^\s*\*+ ?/, "").trim())
    .join("\n")
    .trim()
    .split(/\n\n|\n?@/);
  return /^[`A-Z][^]*?[.:](\s|$)/.test(paragraph);
}

function faultsIn(folder, isPackage) {
  const imports = importsOf(folder);
  const circles = circlesIn(imports).map(
    (group) =>
      `${group.length} files import each other, for example ${wayAround(group, imports).join(" → ")}: move what they share, types included, to a file that imports none of them.`,
  );
  if (!isPackage) {
    return circles;
  }
  const rooms = [...imports.keys()]
    .filter((file) => floorOf(roomOf(file)) === -1)
    .map((file) => `${file} is in no known room: give ${roomOf(file)}/ a floor in FLOORS.`);
  const walls = [...imports].flatMap(([file, targets]) =>
    [...targets].map((target) => faultOfImport(file, target)).filter((fault) => fault !== null),
  );
  const undocumented = [...imports.keys()].flatMap((file) => undocumentedIn(folder, file));
  return [...circles, ...rooms, ...walls, ...undocumented];
}

const [flag = "--package", given] = process.argv.slice(2);
const folder = given ?? fileURLToPath(new URL("../src", import.meta.url));
const faults = faultsIn(normalize(folder), flag === "--package");
for (const fault of faults) {
  console.error(fault);
}
process.exitCode = faults.length > 0 ? 1 : 0;
