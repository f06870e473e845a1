/** Somebody signed in, with a file to send and a server that takes it. */

import { outside } from "../../src/core/outside.js";
import type { Dovetail, UploadOptions, UploadProgress } from "../../src/index.js";
import { demo } from "./backend.js";
import type { paths } from "./paths.js";
import { type Storage, serveStorage } from "./storage.js";
import { type Jar, openTab, openTokenTab, type TabOptions } from "./tab.js";

export interface SenderOptions extends TabOptions {
  strategy?: "session" | "token";
  /** Bytes. Default: 4. */
  partSize?: number;
}

export interface Sender {
  storage: Storage;
  tab: Dovetail<paths>;
  /** Another tab of the same browser; or, later, the page after a reload. */
  open(options?: TabOptions): Dovetail<paths>;
  /** The waits between tries, in milliseconds: written down instead of waited for. */
  waits: number[];
}

export async function openSender(options: SenderOptions = {}): Promise<Sender> {
  const { strategy = "session", partSize = 4, ...tabOptions } = options;
  const storage = await serveStorage({ strategy });
  storage.partSize = partSize;
  const jar: Jar = new Map();
  const waits: number[] = [];
  // Node's locks are those of all threads, and so of all tests: here each sender has a browser of its own.
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

/** Waits really. */
export const { sleep } = outside;

/** Ten bytes in three parts, unless told otherwise. */
export const fileOf = (content = "abcdefghij", name = "letters.txt", lastModified = 1) =>
  new File([content], name, { type: "text/plain", lastModified });

/** Options that write down what the page is told. */
export function watching(options: UploadOptions = {}) {
  const told: UploadProgress[] = [];
  return {
    told,
    options: { ...options, onProgress: (now: UploadProgress) => void told.push(now) },
  };
}

/** The states in their order, each once until it changes. */
export const statesOf = (told: UploadProgress[]) =>
  told.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);

/** Something that happens later, and what makes it happen. */
export function moment() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { happened: promise, happen: resolve };
}
