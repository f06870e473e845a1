import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

const script = fileURLToPath(new URL("../../codegen/cli.mjs", import.meta.url));
const foreign = fileURLToPath(new URL("foreign.json", import.meta.url));
const expected = fileURLToPath(new URL("expected/foreign.d.ts", import.meta.url));
const asyncapi = fileURLToPath(new URL("asyncapi.json", import.meta.url));
const sockets = fileURLToPath(new URL("expected/sockets.d.ts", import.meta.url));
let folder = "";

vi.setConfig({ testTimeout: 60_000 }); // each run loads TypeScript in a process of its own

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codegen-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function run(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [script, "types", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stderr };
}

test("an OpenAPI 3.0 document of another API becomes the committed types, byte for byte", () => {
  const out = join(folder, "schema.d.ts");
  execFileSync(process.execPath, [script, "types", foreign, out]);

  expect(readFileSync(out, "utf8")).toBe(readFileSync(expected, "utf8"));
  expect(run(foreign, out, "--check")).toEqual({ status: 0, stderr: "" });
});

test("the order of a document's members does not matter", () => {
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
    expect(stderr).toContain(
      `${target} does not match ${foreign}: run \`npx flask-dovetail types `,
    );
  }
});

test("a second document is not overwritten", () => {
  const second = join(folder, "asyncapi.json");
  writeFileSync(second, "{}");

  const { status, stderr } = run(foreign, second);
  expect(status).toBe(2);
  expect(stderr).toContain(`TARGET is ${second}, which is no TypeScript file`);
  expect(readFileSync(second, "utf8")).toBe("{}");
});

test("a document that cannot be read is refused in one line", () => {
  const out = join(folder, "schema.d.ts");
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, '{"swagger": "2.0"}');

  for (const source of [wrong, join(folder, "missing.json")]) {
    const { status, stderr } = run(source, out);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(source);
  }
  for (const args of [[], [foreign, out, "more"], [foreign, "--wrong"]]) {
    expect(run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining("Usage: ") });
  }
});

test("without a target, the types go to schema.d.ts or sockets.d.ts where one is", () => {
  expect(run(foreign)).toEqual({ status: 0, stderr: "" });
  expect(run(asyncapi)).toEqual({ status: 0, stderr: "" });

  expect(readFileSync(join(folder, "schema.d.ts"), "utf8")).toBe(readFileSync(expected, "utf8"));
  expect(readFileSync(join(folder, "sockets.d.ts"), "utf8")).toBe(readFileSync(sockets, "utf8"));
});

test("a document may be an address, and its target a new folder", async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/foreign.json" ? 200 : 404;
    response.end(readFileSync(foreign));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const types = (path: string) =>
    promisify(execFile)(process.execPath, [script, "types", path, "src/api.d.ts"], { cwd: folder });

  await types(`${address}/foreign.json`);
  expect(readFileSync(join(folder, "src/api.d.ts"), "utf8")).toBe(readFileSync(expected, "utf8"));
  await expect(types(`${address}/missing.json`)).rejects.toThrow("missing.json cannot be read");
});

test("an AsyncAPI document becomes `sockets`, byte for byte, in any order of its members", () => {
  const out = join(folder, "sockets.d.ts");
  execFileSync(process.execPath, [script, "types", asyncapi, out]);

  expect(readFileSync(out, "utf8")).toBe(readFileSync(sockets, "utf8"));
  const shuffled = join(folder, "asyncapi.json");
  const { asyncapi: version, ...rest } = JSON.parse(readFileSync(asyncapi, "utf8"));
  writeFileSync(shuffled, JSON.stringify({ ...reversed(rest), asyncapi: version }));
  expect(run(shuffled, out, "--check")).toEqual({ status: 0, stderr: "" });
});

test("--check fails when the types of the sockets are stale", () => {
  const out = join(folder, "sockets.d.ts");
  writeFileSync(out, readFileSync(sockets, "utf8").replace("post_id: number", "post_id: string"));

  expect(run(asyncapi, out, "--check")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(
      `${out} does not match ${asyncapi}: run \`npx flask-dovetail types `,
    ),
  });
});

test("an AsyncAPI document with a broken reference is refused with the reference", () => {
  const broken = join(folder, "broken.json");
  const text = readFileSync(asyncapi, "utf8");
  writeFileSync(
    broken,
    text.replace('"#/channels/live/messages/typing"', '"#/channels/live/gone"'),
  );

  expect(run(broken, join(folder, "out.d.ts"))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("#/channels/live/gone leads nowhere"),
  });
});

function reversed(value: unknown): Record<string, unknown> {
  const entries = Object.entries(value as object).toReversed();
  return Object.fromEntries(
    entries.map(([key, inner]) => [
      key,
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? reversed(inner)
        : inner,
    ]),
  );
}
