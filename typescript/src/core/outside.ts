/**
 * Everything that the package takes from its surroundings, as one small interface. Tests and unusual hosts replace parts of
 * it, so that nothing else needs a mock.
 */

import type { Manager, ManagerOptions } from "socket.io-client";

/** The part of a `BroadcastChannel` that the package uses. */
export interface Channel {
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

/** Network, clock, chance, and the locks and channels between tabs. */
export interface Outside {
  /** Sends one request. Default: `globalThis.fetch`, looked up at each call. */
  fetch(request: Request): Promise<Response>;
  /** Milliseconds since 1970. Default: `Date.now`. */
  now(): number;
  /** A number in [0, 1). Default: `Math.random`. */
  random(): number;
  /** Resolves after `ms` milliseconds, at the latest after 23 days; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Joins the channel that the tabs of one origin share. `null` where there are no tabs (a server). */
  openChannel(name: string): Channel | null;
  /** The locks that the tabs of one origin share. `null` where there are none (a server, a page without HTTPS). */
  locks: Pick<LockManager, "request"> | null;
  /** Leaves the page for another address. Default: `location.assign`. */
  navigate(url: string): void;
  /** The key pair of DPoP proofs. `null` where none can be stored. Default: made once and stored in IndexedDB. */
  key?(name: string): Promise<CryptoKeyPair | null>;
  /** Makes a Socket.IO manager, which connects with its first namespace. Default: socket.io-client, loaded at first use. */
  openSocket?(url: string, options: Partial<ManagerOptions>): Promise<Manager>;
}

// Node has channels and locks too, but there they would connect the visitors of one server with each other.
const isPage = () => typeof document === "object";

/** The surroundings of an ordinary page. */
export const outside: Outside = {
  fetch: (request) => globalThis.fetch(request),
  now: () => Date.now(),
  random: () => Math.random(),
  sleep,
  openChannel: (name) =>
    isPage() && globalThis.BroadcastChannel ? new BroadcastChannel(name) : null,
  get locks() {
    return (isPage() && navigator.locks) || null;
  },
  navigate: (url) => location.assign(url),
};

/** The longest timer, 23 days: given more than 2³¹ − 1 ms, `setTimeout` does not wait at all. */
export const TIMER_MAX_MS = 2e9;

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", stop);
        resolve();
      },
      Math.min(TIMER_MAX_MS, ms),
    );
    signal.addEventListener("abort", stop);
  });
}
