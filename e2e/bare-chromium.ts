/**
 * Chromium as people have it: nobody looks into what it sends. Playwright has every byte of a request told to it, which
 * makes an upload slow and its tab large.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium as playwrights } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import { ended } from "./serving.ts";

export interface Tab {
  open(address: string): Promise<void>;
  reload(): Promise<void>;
  /** What a function of the page returns. It sees nothing of what is around it here. */
  run<Result, Arguments extends unknown[]>(
    work: (...given: Arguments) => Result,
    ...given: Arguments
  ): Promise<Awaited<Result>>;
  /** Chooses files in the first input that the selector finds. */
  choose(selector: string, path: string): Promise<void>;
  memory(): Promise<Memory>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/** In bytes, after the garbage is gone. */
export interface Memory {
  /** What scripts can reach. */
  heap: number;
  /** All of the renderer, contents of files included. Told by Linux alone; elsewhere 0. */
  resident: number;
}

export async function openTab(): Promise<Tab> {
  const { executablePath = playwrights.executablePath(), env, args } = await findChromium();
  const profile = await mkdtemp(join(tmpdir(), "dovetail-chromium-"));
  const own = ["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const browser = spawn(executablePath, [...args, ...own, "about:blank"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const wire = await connect(await addressIn(browser.stderr));
  const { targetInfos } = await wire.send("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }: { type: string }) => type === "page");
  const { sessionId } = await wire.send("Target.attachToTarget", { targetId, flatten: true });
  const tell = (method: string, parameters = {}) => wire.send(method, parameters, sessionId);
  await tell("Performance.enable");
  await tell("HeapProfiler.enable");

  async function evaluate(expression: string, awaitPromise = true) {
    const { result, exceptionDetails } = await tell("Runtime.evaluate", {
      expression,
      awaitPromise,
      returnByValue: awaitPromise,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result;
  }

  return {
    async open(url) {
      await tell("Page.navigate", { url });
    },
    async reload() {
      await tell("Page.reload");
    },
    async run(work, ...given) {
      return (await evaluate(`(${work})(...${JSON.stringify(given)})`)).value;
    },
    async choose(selector, path) {
      const { objectId } = await evaluate(
        `document.querySelector(${JSON.stringify(selector)})`,
        false,
      );
      await tell("DOM.setFileInputFiles", { files: [path], objectId });
    },
    async memory() {
      await tell("HeapProfiler.collectGarbage");
      const { metrics } = await tell("Performance.getMetrics");
      const { processInfo } = await wire.send("SystemInfo.getProcessInfo");
      const renderers: { id: number }[] = processInfo.filter(
        ({ type }: { type: string }) => type === "renderer",
      );
      return {
        heap: metrics.find(({ name }: { name: string }) => name === "JSHeapUsedSize").value,
        resident: Math.max(...(await Promise.all(renderers.map(({ id }) => residentOf(id))))),
      };
    },
    async close() {
      await ended(browser);
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address) {
      output.resume();
      return address;
    }
  }
  throw new Error("Chromium ended early.");
}

// oxlint-disable-next-line typescript/no-explicit-any -- what the browser tells is as loose as that
type Told = any; // biome-ignore lint/suspicious/noExplicitAny: the same

async function connect(address: string) {
  const socket = new WebSocket(address);
  await once(socket, "open");
  const waiting = new Map<number, PromiseWithResolvers<Told>>();
  let lastId = 0;
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) {
      asked?.reject(new Error(error.message));
    } else {
      asked?.resolve(result);
    }
  });
  return {
    send(method: string, params = {}, sessionId?: string): Promise<Told> {
      const asked = Promise.withResolvers<Told>();
      lastId += 1;
      waiting.set(lastId, asked);
      socket.send(JSON.stringify({ id: lastId, method, params, sessionId }));
      return asked.promise;
    },
  };
}

async function residentOf(id: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${id}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has just ended, or this is not Linux
  }
}
