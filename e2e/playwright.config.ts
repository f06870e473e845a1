import { defineConfig, devices } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import type { Options } from "./fixtures.ts";
import { type Setup, strategies } from "./starter.ts";

const { args, env, executablePath } = await findChromium();

export default defineConfig<object, Options>({
  testDir: "specs",
  outputDir: "test-results",
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
    trace: "retain-on-failure",
    launchOptions: { args, env, ...(executablePath && { executablePath }) },
  },
  projects: [
    ...inBoth("embedded", ["product/**", "page/**"]),
    ...inBoth("services", ["product/**", "faults/**"]),
    ...inBoth("cross-origin", ["cross-origin/**"]),
    { name: "development", testMatch: "development/**" },
  ],
});

/** A set-up with a project for each strategy; `session/**` and `token/**` are about one of them only. */
function inBoth(setup: Setup, specs: string[]) {
  return strategies.map((strategy) => ({
    name: strategy === "session" ? setup : `${setup}-${strategy}`,
    testMatch: setup === "cross-origin" ? specs : [...specs, `${strategy}/**`],
    use: { setup, strategy },
  }));
}
