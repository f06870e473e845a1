/** A tab that has signed in and can upload, and its server. */

import { outside } from "../../src/core/outside.js";
import type { Dovetail, UploadOptions, UploadProgress } from "../../src/index.js";
import { demo } from "./backend.js";
import type { paths } from "./paths.js";
import { type Storage, serveStorage } from "./storage.js";
import { type Jar, openTab, openTokenTab, type TabOptions } from "./tab.js";

export interface SenderOptions extends TabOptions {
  strategy?: "session" | "token";
  /** The size of a part in bytes. Default: 4. */
  partSize?: number;
}

export interface Sender {
  storage: Storage;
  tab: Dovetail<paths>;
  /** Opens another tab of the same browser, or the page after a reload. */
  open(options?: TabOptions): Dovetail<paths>;
  /** The waits between tries in milliseconds. They are recorded instead of waited for. */
  waits: number[];
}

export async function openSender(options: SenderOptions = {}): Promise<Sender> {
  const { strategy = "session", partSize = 4, ...tabOptions } = options;
  const storage = await serveStorage({ strategy });
  storage.partSize = partSize;
  const jar: Jar = new Map();
  const waits: number[] = [];
  // Node shares its locks between all threads, and so between all tests. The name separates the browsers.
  const locks = {
    request: (name: string, ...rest: unknown[]) =>
      (navigator.locks.request as (...all: unknown[]) => unknown)(
        `${storage.origin} ${name}`,
        ...rest,
      ),
  } as LockManager;
  const open = (more: TabOptions = {}) =>
    (strategy === "token" ? openTokenTab : openTab)(storage.origin, {
      jar,
      ...tabOptions,
      ...more,
      outside: {
        locks,
        random: () => 0.5,
        async sleep(ms, signal) {
          signal.throwIfAborted();
          waits.push(ms);
        },
        ...tabOptions.outside,
        ...more.outside,
      },
    });
  const tab = open();
  await tab.auth.signIn(demo);
  storage.received.length = 0;
  return { storage, tab, open, waits };
}

/** The real wait, for tests that need time to pass. */
export const { sleep } = outside;

/** Makes a file, by default of ten bytes, which are three parts. */
export const fileOf = (content = "abcdefghij", name = "letters.txt", lastModified = 1) =>
  new File([content], name, { type: "text/plain", lastModified });

/** Returns options that record the progress. */
export function recordProgress(options: UploadOptions = {}) {
  const reports: UploadProgress[] = [];
  return {
    reports,
    options: { ...options, onProgress: (now: UploadProgress) => void reports.push(now) },
  };
}

/** Returns the states in their order, without repetitions. */
export const statesOf = (reports: UploadProgress[]) =>
  reports.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);

/** Makes a promise, `happened`, and the function that resolves it. */
export function moment() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { happened: promise, happen: resolve };
}
