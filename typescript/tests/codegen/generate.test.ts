import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../codegen/generate.mjs", import.meta.url));
const foreign = fileURLToPath(new URL("foreign.json", import.meta.url));
const expected = fileURLToPath(new URL("expected/foreign.d.ts", import.meta.url));
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codegen-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function run(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  return { status, stderr };
}

test("a document that is not Dovetail's, in OpenAPI 3.0, becomes the committed types, byte for byte", () => {
  const out = join(folder, "schema.d.ts");
  execFileSync(process.execPath, [script, foreign, out]);

  expect(readFileSync(out, "utf8")).toBe(readFileSync(expected, "utf8"));
  expect(run(foreign, out, "--check")).toEqual({ status: 0, stderr: "" });
});

test("the order of a document's members changes nothing", () => {
  const { components, info, openapi, paths } = JSON.parse(readFileSync(foreign, "utf8"));
  const [book, books] = Object.entries(paths);
  const shuffled = join(folder, "foreign.json");
  writeFileSync(
    shuffled,
    JSON.stringify({
      components,
      paths: Object.fromEntries([books as [string, unknown], book as [string, unknown]]),
      info,
      openapi,
    }),
  );

  expect(run(shuffled, expected, "--check")).toEqual({ status: 0, stderr: "" });
});

test("--check fails when the types are stale or missing, and says how to renew them", () => {
  const out = join(folder, "schema.d.ts");
  writeFileSync(out, readFileSync(expected, "utf8").replace("isbn: string", "isbn: number"));

  for (const target of [out, join(folder, "missing.d.ts")]) {
    const { status, stderr } = run(foreign, target, "--check");
    expect(status).toBe(1);
    expect(stderr).toContain(`${target} does not match ${foreign}: run \`node `);
  }
});

test("what cannot be read is refused in one line", () => {
  const out = join(folder, "schema.d.ts");
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, '{"swagger": "2.0"}');

  for (const source of [wrong, join(folder, "missing.json")]) {
    const { status, stderr } = run(source, out);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(source);
  }
  expect(run(foreign)).toMatchObject({ status: 2, stderr: expect.stringContaining("Usage: ") });
});
