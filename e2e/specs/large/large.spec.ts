import { rm } from "node:fs/promises";
import { type Memory, openTab, type Tab } from "../../bare-chromium.ts";
import { fetchDigest, writeSource } from "../../bytes.ts";
import { expect, test } from "../../fixtures.ts";

const mebibyte = 1024 ** 2;

/** A few parts are in the tab at a time, and what the engine has not given back yet of those before. */
const slack = 96 * mebibyte;

test.setTimeout(400_000);
const patience = { timeout: 120_000, intervals: [50] };

test.use({ trace: "off" });

test("1 GiB arrives as it left, though the network is cut twice and the tab reloaded, and the tab stays small", async ({
  person,
  starter,
}, testInfo) => {
  const source = await writeSource(testInfo.outputPath("large.bin"), 1024 * mebibyte);
  const tab = await openTab();
  const samples: Memory[] = [];
  try {
    await tab.open(starter.origin);
    await seen(tab, "Sign in");
    expect(await tab.run(signIn, person)).toBe(200);
    await tab.open(`${starter.origin}/my-files`);
    await seen(tab, "Choose files");
    await tab.choose("input[type=file]", source.path);

    for (const share of [15, 40]) {
      await reached(tab, share);
      samples.push(await tab.memory());
      await Promise.all(starter.lines.map((line) => line.cut()));
      await seen(tab, "Connection lost, trying again");
      await Promise.all(starter.lines.map((line) => line.mend()));
    }

    await reached(tab, 65);
    samples.push(await tab.memory());
    await tab.reload();
    await seen(tab, "is already here");
    const here = Number(/(\d+)% is already here/.exec(await tab.run(shownText))?.[1]);
    expect(here).toBeGreaterThanOrEqual(60);
    await tab.choose("li input[type=file]", source.path);
    await reached(tab, 85);
    samples.push(await tab.memory());
    await seen(tab, "is uploaded.");
    samples.push(await tab.memory());

    const saved = await tab.run(savedAddress);
    const parts = source.size / starter.partBytes;
    const sent = await tab.run(arrivedParts);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(Math.ceil(parts * (1 - here / 100)) + 1);
    expect(await fetchDigest(saved)).toEqual({ sha256: source.sha256, size: source.size });
  } finally {
    await tab.close();
    await rm(source.path);
  }
  const [first, ...later] = samples;
  testInfo.annotations.push({ type: "memory", description: JSON.stringify(samples) });
  for (const { heap, resident } of later) {
    expect(heap - (first?.heap ?? 0)).toBeLessThan(slack / 8);
    expect(resident - (first?.resident ?? 0)).toBeLessThan(slack);
  }
});

async function seen(tab: Tab, text: string): Promise<void> {
  await expect(async () => expect(await tab.run(shownText)).toContain(text)).toPass(patience);
}

/** Until that much has arrived, in percent. */
async function reached(tab: Tab, share: number): Promise<void> {
  await expect(async () => {
    expect(await tab.run(shownShare)).toBeGreaterThanOrEqual(share);
  }).toPass(patience);
}

// In the page:

async function signIn({ email, password }: { email: string; password: string }): Promise<number> {
  const { csrf } = await (await fetch("/api/csrf-token")).json();
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  const body = JSON.stringify({ email, password });
  return (await fetch("/auth/login", { method: "POST", headers, body })).status;
}

function shownText(): string {
  return document.body.innerText;
}

function shownShare(): number {
  const bar = document.querySelector("[role=progressbar]");
  return Number(bar?.getAttribute("aria-valuenow"));
}

function savedAddress(): string {
  return document.querySelector<HTMLAnchorElement>("a[download]")?.href ?? "";
}

/** How many parts this document has sent with success. */
function arrivedParts(): number {
  const sent = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  const isPart = ({ name }: { name: string }) =>
    name.includes("X-Amz-Signature=") || /\/files\/upload\/[\w-]+\/\d+\?/.test(name);
  return sent.filter((entry) => isPart(entry) && Math.floor(entry.responseStatus / 100) === 2)
    .length;
}
