import { defineConfig, devices } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import type { Options } from "./fixtures.ts";
import { type Setup, type Strategy, strategies } from "./starter.ts";

const { args, env, executablePath } = await findChromium();

/** No part of an S3 upload has less than 5 MiB, and Playwright is told every byte of it. */
const megabytes = { timeout: 60_000, expect: { timeout: 20_000 } };

/** Parts of the usual size, over lines that can be cut. */
const large = {
  breakable: true,
  environment: { DOVETAIL_FILES_PART_BYTES: String(8 * 1024 ** 2) },
};

export default defineConfig<object, Options>({
  testDir: "specs",
  outputDir: "test-results",
  preserveOutput: "failures-only", // some upload what takes room
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 7_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    locale: "en-GB",
    trace: { mode: "retain-on-failure", screenshots: false }, // the snapshots show as much, at half the cost
    launchOptions: { args, env, ...(executablePath && { executablePath }) },
  },
  projects: [
    ...inBoth("embedded", ["product/**", "page/**", "confirm/**", "files/**", "live/**"], {
      session: ["session/**"],
      token: ["token/**", "refresh/**"],
    }),
    ...inBoth("services", ["product/**", "faults/**", "live/**"], {
      session: ["session/**"],
      token: ["token/**"],
    }),
    ...inBoth("s3", ["files/**"]).map((project) => ({ ...project, ...megabytes })),
    ...inBoth("cross-origin", ["cross-origin/**", "live/**"], {
      session: ["files/journey.spec.ts"],
    }),

    ...inBoth("processes", ["live/**"]),
    ...inBoth("providers", ["providers/**"]),
    { name: "interrupted", testMatch: "interrupted/**", use: { breakable: true } },
    { name: "large", testMatch: "large/**", use: { ...large, strategy: "session" } },
    {
      name: "large-s3-token",
      testMatch: "large/**",
      use: { ...large, setup: "s3", strategy: "token" },
    },
    {
      name: "proven",
      testMatch: "proven/**",
      use: { strategy: "token", environment: { STARTER_DPOP: "true" } },
    },
    { name: "development", testMatch: "development/**" },
  ],
});

/** A set-up with a project for each strategy, and the specs that are about one of them alone. */
function inBoth(setup: Setup, both: string[], alone: Partial<Record<Strategy, string[]>> = {}) {
  return strategies.map((strategy) => ({
    name: strategy === "session" ? setup : `${setup}-${strategy}`,
    // How a screen looks does not depend on the strategy: there, one look is enough.
    ...(strategy === "token" && { grepInvert: /, in (?:light|dark)$/ }),
    testMatch: [...both, ...(alone[strategy] ?? [])],
    use: { setup, strategy },
  }));
}
