/** A browser and one backend in the token strategy. Its tabs share cookies, a channel, locks and a clock. */

import type { AuthEvent, Dovetail } from "../../src/index.js";
import { type Backend, demo, serveBackend } from "./backend.js";
import type { paths } from "./paths.js";
import { openTokenTab, type TabOptions } from "./tab.js";

export interface Tab extends Dovetail<paths> {
  /** The events of its listeners, oldest first. */
  events: AuthEvent[];
  names(): string[];
}

export interface Browser {
  backend: Backend;
  jar: Map<string, string>;
  /** By how many milliseconds the browser's clock is ahead of the server's. */
  clock: { ahead: number };
  open(options?: TabOptions): Tab;
  /** Lets real time pass for both: the browser's clock and the server's. */
  pass(seconds: number): void;
  /** Returns the paths that were requested since the last call. */
  takePaths(): string[];
}

export async function openBrowser(): Promise<Browser> {
  const backend = await serveBackend({ strategy: "token" });
  const jar = new Map<string, string>();
  const clock = { ahead: 0 };
  let passed = 0;
  backend.families.now = () => Date.now() + passed;
  return {
    backend,
    jar,
    clock,
    open(options = {}) {
      const tab = openTokenTab(backend.origin, {
        jar,
        ...options,
        outside: { now: () => Date.now() + passed + clock.ahead, ...options.outside },
      });
      const events: AuthEvent[] = [];
      for (const name of ["signed-in", "signed-out", "session-expired"] as const) {
        tab.on(name, (event) => events.push(event));
      }
      return { ...tab, events, names: () => events.map(({ name }) => name) };
    },
    pass(seconds) {
      passed += seconds * 1000;
    },
    takePaths: () => backend.received.splice(0).map(({ url }) => url),
  };
}

/** Opens a browser with one tab that has just signed in. */
export async function openSignedIn(options?: TabOptions): Promise<Browser & { tab: Tab }> {
  const browser = await openBrowser();
  const tab = browser.open(options);
  await tab.auth.signIn(demo);
  browser.takePaths();
  return { ...browser, tab };
}
