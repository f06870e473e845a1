import { defineConfig, devices, type Project } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import type { Options } from "./fixtures.ts";
import { type Setup, type Strategy, strategies } from "./starter.ts";

/**
 * `short` is what `make test` runs: each spec in the set-up where it is most at risk, and the way through each other
 * set-up that is tagged `@journey`. `long` is the rest, and what is tagged `@long`: `make test-long`. Not set: both.
 */
const suite = process.env["SUITE"];

const { args, env, executablePath } = await findChromium();

const moved = { DOVETAIL_ROUTES_PREFIX: "/_dovetail" };

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
  timeout: 45_000,
  expect: { timeout: 12_000 }, // a busy machine needs its time
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    locale: "en-GB",
    // Without pictures of each step, which cost 6 % of the time; how the page was at a failure is told anyway.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: false },
    launchOptions: { args, env, ...(executablePath && { executablePath }) },
  },
  // The longest first, so that the short ones fill what is left of the workers' time.
  projects: [
    part(
      "embedded",
      {
        whole: ["product", "page", "confirm", "files", "live/feed", "live/tabs", "session"],
        journey: ["live"],
      },
      { workers: 2 },
    ),
    part(
      "embedded-token",
      {
        whole: ["token", "refresh", "confirm", "product/expired", "live/plain-client"],
        journey: ["product"],
        // How a screen looks does not depend on the strategy.
        long: ["page/contents", "page/keyboard", "page/languages", "page/policy", "files", "live"],
      },
      { use: { strategy: "token" } },
    ),
    part("large", { long: ["large"] }, { use: { ...large, strategy: "session" } }),
    part(
      "large-s3-token",
      { long: ["large"] },
      { use: { ...large, setup: "s3", strategy: "token" } },
    ),
    part("development", { whole: ["development"] }),
    ...inBoth("processes", {
      session: { long: ["live"] },
      token: {
        whole: ["live/notifications", "live/ending", "live/comments"],
        journey: ["token"],
        long: ["live"],
      },
    }),
    ...inBoth("services", {
      session: { whole: ["faults", "live/ending"], journey: ["product", "live", "session"] },
      // Addresses, the feed and profiles depend on neither the strategy nor where logins are kept.
      token: { long: ["product/(?!addresses|feed|profile)\\w+", "faults", "live", "token"] },
    }),
    ...inBoth("s3", { session: { journey: ["files"] }, token: { long: ["files"] } }, megabytes),
    ...inBoth("cross-origin", {
      session: { whole: ["cross-origin"], journey: ["live", "files/journey"] },
      // A token crosses origins as any header does; it is the cookie that may not.
      token: { whole: ["cross-origin"], long: ["live"] },
    }),
    ...inBoth("providers", {
      session: { whole: ["providers"] },
      token: { journey: ["providers"] },
    }),
    ...inBoth("below", { session: { long: ["below"] }, token: { whole: ["below"] } }),
    part("moved", { long: ["moved"] }, { use: { environment: moved } }),
    part("moved-token", { whole: ["moved"] }, { use: { strategy: "token", environment: moved } }),
    part("interrupted", { whole: ["interrupted"] }, { use: { breakable: true } }),
    part(
      "proven",
      { whole: ["proven"] },
      { use: { strategy: "token", environment: { STARTER_DPOP: "true" } } },
    ),
  ],
});

/** Folders of specs, or files in them. What is in several belongs to the first. */
interface Specs {
  /** All of their tests are in `make test`. */
  whole?: string[];
  /** Those that are tagged `@journey` are. */
  journey?: string[];
  /** None is. */
  long?: string[];
}

type Settings = Project<object, Options>;

/** A project; with one worker, unless the settings say more, it starts its server once. */
function part(
  name: string,
  { whole = [], journey = [], long = [] }: Specs,
  settings: Settings = {},
): Settings {
  const any = (specs: string[]) => `(?:${specs.join("|") || "(?!)"})[/.]`;
  // Of the project's name, the file below `specs`, the title and its tags.
  const isShort = new RegExp(`^(?!.*@long\\b)\\S+ (?:${any(whole)}|${any(journey)}.*@journey\\b)`);
  return {
    workers: 1,
    ...settings,
    name,
    // An expression, because a pattern with asterisks would take folders above the checkout for those below it.
    testMatch: new RegExp(`/e2e/specs/${any([...whole, ...journey, ...long])}`),
    ...(suite === "short" && { grep: isShort }),
    ...(suite === "long" && { grepInvert: isShort }),
  };
}

/** A set-up with a project for each strategy. */
function inBoth(setup: Setup, specs: Record<Strategy, Specs>, settings: Settings = {}): Settings[] {
  return strategies.map((strategy) =>
    part(strategy === "session" ? setup : `${setup}-${strategy}`, specs[strategy], {
      ...settings,
      use: { setup, strategy },
    }),
  );
}
