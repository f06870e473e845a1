import { defineConfig, devices, type Project } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import type { Options } from "./fixtures.ts";
import { type Setup, type Strategy, strategies } from "./starter.ts";

/**
 * `short` is what `make test` runs: each spec in the set-up where it is most at risk, and in every other set-up its
 * tests that are tagged `@journey`. `long` is the rest, and what is tagged `@long`: `make test-long`. Not set: both.
 */
const suite = process.env["SUITE"];

const { args, env, executablePath } = await findChromium();

/** No part of an S3 upload has less than 5 MiB, and Playwright is told every byte of it. */
const megabytes = { timeout: 60_000, expect: { timeout: 20_000 } };

/** Parts of the usual size, over lines that can be cut. */
const large = {
  breakable: true,
  environment: { DOVETAIL_FILES_PART_BYTES: String(8 * 1024 ** 2) },
};

/** A worker starts a server: set-ups with few tests have one only, and those with many come last, to fill the gaps. */
const one = { workers: 1 };

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
    part("large", [], ["large"], { use: { ...large, strategy: "session" }, ...one }),
    part("large-s3-token", [], ["large"], {
      use: { ...large, setup: "s3", strategy: "token" },
      ...one,
    }),
    part("development", ["development"], [], one),
    ...inBoth("processes", {
      session: [["live/notifications", "live/ending", "live/comments"], ["live"]],
      token: [[], ["live"]],
    }),
    ...inBoth("services", {
      session: [["faults"], ["product", "live", "session"]],
      token: [[], ["product", "faults", "live", "token"]],
    }),
    ...inBoth("s3", { session: [[], ["files"]], token: [[], ["files"]] }, megabytes),
    ...inBoth("cross-origin", {
      session: [["cross-origin"], ["live", "files/journey"]],
      token: [["cross-origin"], ["live"]],
    }),
    ...inBoth("providers", { session: [["providers"], []], token: [[], ["providers"]] }),
    part("interrupted", ["interrupted"], [], { use: { breakable: true }, ...one }),
    part("proven", ["proven"], [], {
      use: { strategy: "token", environment: { STARTER_DPOP: "true" } },
      ...one,
    }),
    ...inBoth(
      "embedded",
      {
        session: [["product", "page", "confirm", "files", "live", "session"], []],
        token: [
          [
            "token",
            "refresh",
            "confirm",
            "product/expired",
            "product/password",
            "product/sessions",
            "live/plain-client",
          ],
          ["product", "page", "files", "live"],
        ],
      },
      { workers: 2 },
    ),
  ],
});

/** The specs that `make test` runs whole, and those of which it runs the `@journey` only: folders, or files in them. */
type Specs = [whole: string[], others: string[]];

function part(
  name: string,
  whole: string[],
  others: string[],
  more: Project<object, Options>,
): Project<object, Options> {
  const any = (specs: string[]) => `(?:${specs.join("|") || "(?!)"})[/.]`;
  // Of the project's name, the file below `specs`, the title and its tags.
  const isShort = new RegExp(`^(?!.*@long\\b)\\S+ (?:${any(whole)}|.*@journey\\b)`);
  return {
    ...more,
    name,
    // An expression, because a pattern with asterisks would take folders above the checkout for those below it.
    testMatch: new RegExp(`/e2e/specs/${any([...whole, ...others])}`),
    ...(suite === "short" && { grep: isShort }),
    ...(suite === "long" && { grepInvert: isShort }),
  };
}

/** A set-up with a project for each strategy. */
function inBoth(
  setup: Setup,
  specs: Record<Strategy, Specs>,
  more: Project<object, Options> = {},
): Project<object, Options>[] {
  return strategies.map((strategy) =>
    part(strategy === "session" ? setup : `${setup}-${strategy}`, ...specs[strategy], {
      ...one,
      ...more,
      use: { setup, strategy },
    }),
  );
}
