// How the first screen does in a real Chromium: Lighthouse, three runs for each form factor, medians.
//
//     node benchmarks/lighthouse.mjs
//
// The starter is served as `make run` serves it, on fresh data. Claims: performance at least 95,
// accessibility 100, best practices 100. Lighthouse throttles by simulation, so the machine matters little.

import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { findChromium } from "../e2e/chromium.ts";
import { startStarter } from "../e2e/starter.ts";

const RUNS = 3;
const CLAIMS = { performance: 95, accessibility: 100, "best-practices": 100 };

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function audit(url, port, config) {
  const { lhr } = await lighthouse(
    url,
    { port, logLevel: "error", onlyCategories: [...Object.keys(CLAIMS), "seo"] },
    config,
  );
  return lhr;
}

const { executablePath, env, args } = await findChromium();
const starter = await startStarter("embedded");
const chrome = await launch({
  chromePath: executablePath,
  chromeFlags: ["--headless=new", ...args],
  envVars: env,
});
let failed = false;
try {
  for (const [form, config] of [
    ["phone", undefined],
    ["desktop", desktopConfig],
  ]) {
    const runs = [];
    for (let run = 0; run < RUNS; run++) {
      runs.push(await audit(`${starter.origin}/`, chrome.port, config));
    }
    for (const id of Object.keys(runs[0].categories)) {
      const score = Math.round(median(runs.map(({ categories }) => categories[id].score)) * 100);
      const claim = CLAIMS[id];
      failed ||= claim !== undefined && score < claim;
      console.log(
        `${form.padEnd(8)} ${id.padEnd(16)} ${String(score).padStart(3)}${claim ? `   (claim: at least ${claim})` : ""}`,
      );
    }
    const weak = Object.values(runs[0].audits).filter(
      ({ score, scoreDisplayMode }) => scoreDisplayMode === "binary" && score === 0,
    );
    for (const { id, title } of weak) {
      console.log(`${form.padEnd(8)} failed: ${id}: ${title}`);
    }
  }
} finally {
  chrome.kill();
  await starter.stop();
}
process.exit(failed ? 1 : 0);
