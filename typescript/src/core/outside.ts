/**
 * The outside world, one small interface: what tests and unusual hosts replace, so that nothing else needs a mock.
 */

import type { Manager, ManagerOptions } from "socket.io-client";

/** What a `BroadcastChannel` gives. */
export interface Channel {
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

export interface Outside {
  /** Sends one request. Default: `globalThis.fetch`, looked up at each call. */
  fetch(request: Request): Promise<Response>;
  /** Milliseconds since 1970. Default: `Date.now`. */
  now(): number;
  /** A number in [0, 1). Default: `Math.random`. */
  random(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Joins the channel that the tabs of one origin share; `null` where there are no tabs (a server). */
  openChannel(name: string): Channel | null;
  /** The locks that the tabs of one origin share; `null` where there are none (a server, a page without HTTPS). */
  locks: Pick<LockManager, "request"> | null;
  /** Leaves the page for another address. Default: `location.assign`. */
  navigate(url: string): void;
  /** The key that proves possession; `null` where none can be kept. Default: made once, and kept in IndexedDB. */
  key?(name: string): Promise<CryptoKeyPair | null>;
  /** Makes a Socket.IO connection, which its first namespace opens. Default: socket.io-client, loaded with the first one. */
  openSocket?(url: string, options: Partial<ManagerOptions>): Promise<Manager>;
}

// Node has channels and locks too, but there they would join the visitors of one server.
const isPage = () => typeof document === "object";

export const outside: Outside = {
  fetch: (request) => globalThis.fetch(request),
  now: () => Date.now(),
  random: () => Math.random(),
  sleep,
  openChannel: (name) =>
    isPage() && typeof BroadcastChannel === "function" ? new BroadcastChannel(name) : null,
  get locks() {
    return (isPage() && navigator.locks) || null;
  },
  navigate: (url) => location.assign(url),
};

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
