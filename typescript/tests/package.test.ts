import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as exported from "../src/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));

test("the package exports exactly these names", () => {
  expect(Object.keys(exported).toSorted()).toEqual([
    "NetworkError",
    "ProblemError",
    "TimeoutError",
    "UnexpectedBodyError",
    "UnreadableFileError",
    "createDovetail",
    "isNetworkError",
    "isProblem",
    "isProblemError",
    "isTimeoutError",
    "isUnexpectedBodyError",
    "isUnreadableFileError",
    "readConfig",
    "unwrap",
  ]);
});

test("the constants match wire/*.json", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/wire.mjs", "--check"], {
    cwd: root,
    encoding: "utf8",
  });

  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("the package stays within its size budget", () => {
  expect(
    execFileSync(process.execPath, ["scripts/size.mjs"], { cwd: root, encoding: "utf8" }),
  ).toContain("createDovetail: ");
});

test("the package depends on openapi-fetch and socket.io-client only", () => {
  const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

  expect(Object.keys(dependencies)).toEqual(["openapi-fetch", "socket.io-client"]);
});
