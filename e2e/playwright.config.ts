import { defineConfig, devices } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import type { Options } from "./fixtures.ts";

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
    { name: "embedded", testMatch: ["product/**", "page/**"], use: { setup: "embedded" } },
    { name: "services", testMatch: ["product/**", "faults/**"], use: { setup: "services" } },
    { name: "development", testMatch: "development/**" },
    { name: "cross-origin", testMatch: "cross-origin/**", use: { setup: "cross-origin" } },
  ],
});
