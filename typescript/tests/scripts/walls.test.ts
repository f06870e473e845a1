/** The check of imports and summaries, on small packages of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/walls.mjs", import.meta.url));

/** Runs the check over these files. */
function check(files: Record<string, string>, flag = "--package") {
  const folder = mkdtempSync(join(tmpdir(), "walls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [script, flag, folder], {
    encoding: "utf8",
  });
  return { status, faults: stderr.trim().split("\n").filter(Boolean) };
}

test("the package has no fault", () => {
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });

  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("imports downwards and within a room are allowed", () => {
  const result = check({
    "core/clock.ts": "export const zero = 0;",
    "contract/call.ts": 'import { zero } from "../core/clock.js";',
    "files/types.ts": 'import type { A } from "../contract/call.js";',
    "files/uploads/upload.ts": 'import type { B } from "../types.js";',
    "client.ts": 'import "./files/uploads/upload.js";\nimport "./core/clock.js";',
    "index.ts": 'export * from "./client.js";',
  });

  expect(result).toEqual({ status: 0, faults: [] });
});

test.each([
  ["types", 'import type { B } from "./b.js";', 'export type { A } from "./a.js";'],
  ["values", 'import { b } from "./b.js";', 'export * from "./a.js";'],
  ["a type in import()", 'let b: import("./b.js").B;', 'import { type A } from "./a.js";'],
  ["code that is loaded later", 'void import("./b.js");', 'import type { A } from "./a.js";'],
])("two files that import %s of each other fail the check", (_kind, a, b) => {
  const { status, faults } = check({ "files/a.ts": a, "files/b.ts": b });

  expect(status).toBe(1);
  expect(faults).toEqual([
    "2 files import each other, for example files/a.ts → files/b.ts → files/a.ts: move what they share, types included, to a file that imports none of them.",
  ]);
});

test("a circle is shown by its shortest way, whatever else is in it", () => {
  const { status, faults } = check(
    {
      "link.tsx": 'import { preload } from "./pages";',
      "pages.ts": 'export const load = [() => import("./home"), () => import("./profile/")];',
      "home.tsx": 'import { Profile } from "./profile";',
      "profile/index.ts": 'import { Link } from "../link";\nimport "../styles.css";',
      "aside.ts": 'import "./link";',
    },
    "--circles",
  );

  expect(status).toBe(1);
  expect(faults).toEqual([expect.stringContaining("4 files import each other")]);
  expect(faults[0]).toContain("home.tsx → profile/index.ts → link.tsx → pages.ts → home.tsx");
});

test.each([
  ["contract/call.ts", "auth/login.ts", "which is on a higher floor"],
  ["core/clock.ts", "contract/call.ts", "which is on a higher floor"],
  ["files/files.ts", "client.ts", "which is on a higher floor"],
  ["files/files.ts", "auth/login.ts", "another feature"],
])("%s may not import types of %s", (file, target, reason) => {
  const { status, faults } = check({
    [file]: `import type { A } from "${file.includes("/") ? "../" : "./"}${target.replace(".ts", ".js")}";`,
    [target]: "",
  });

  expect(status).toBe(1);
  expect(faults).toEqual([expect.stringContaining(`${file} imports ${target}, ${reason}`)]);
});

test("a folder without a floor is refused", () => {
  const { status, faults } = check({ "telemetry/errors.ts": "" });

  expect(status).toBe(1);
  expect(faults).toEqual([
    "telemetry/errors.ts is in no known room: give telemetry/ a floor in FLOORS.",
  ]);
});

test.each([
  ["a function without a comment", "export function send() {}"],
  ["a class", "export class Sender {}"],
  ["a type", "export type Sender = string;"],
  ["an arrow function", "export const send = () => {};"],
  ["a line comment", "// Sends it.\nexport function send() {}"],
  ["a comment of the file", "/** Sends it. */\n\nconst a = 1;\nexport function send() {}"],
  ["a fragment", "/** where it is sent */\nexport function send() {}"],
  ["a comment that only returns", "/** @returns what was sent. */\nexport function send() {}"],
])("%s is no summary", (_kind, text) => {
  const { status, faults } = check({ "core/send.ts": text });

  expect(status).toBe(1);
  expect(faults).toEqual([expect.stringMatching(/^core\/send\.ts: \w+ has no summary/)]);
});

test.each([
  ["one sentence", "/** Send a request. */\nexport function send() {}"],
  [
    "a sentence and more",
    "/**\n * Send a request.\n *\n * @param a it\n */\nexport function send() {}",
  ],
  ["a comment between", "/** Send a request. */\n// By hand.\nexport function send() {}"],
  [
    "one of two signatures",
    "/** Send. */\nexport function a(): void;\nexport function a(b?: 1) {}",
  ],
  ["generated code", "// Generated from a.json.\nexport interface paths {}"],
  ["what is not exported", "function send() {}"],
])("%s is enough", (_kind, text) => {
  expect(check({ "core/send.ts": text })).toEqual({ status: 0, faults: [] });
});
