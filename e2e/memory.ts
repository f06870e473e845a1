/** What a tab takes of the machine's memory. */

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";

export interface Memory {
  /** Bytes of objects that scripts can reach. */
  heap: number;
  /** Bytes of the whole renderer, file contents and all: the largest of all renderers of the browser. */
  resident: number;
}

/** After the garbage is gone. Linux alone says what a process takes; elsewhere `resident` is 0. */
export async function memoryOf(page: Page): Promise<Memory> {
  const tab = await page.context().newCDPSession(page);
  await tab.send("HeapProfiler.collectGarbage");
  await tab.send("Performance.enable");
  const { metrics } = await tab.send("Performance.getMetrics");
  await tab.detach();
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0;
  return { heap, resident: process.platform === "linux" ? await residentOf(page) : 0 };
}

async function residentOf(page: Page): Promise<number> {
  const browser = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo } = (await browser?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
  await browser?.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  return Math.max(...(await Promise.all(renderers.map(({ id }) => residentOfProcess(id)))));
}

async function residentOfProcess(id: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${id}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has just ended
  }
}
