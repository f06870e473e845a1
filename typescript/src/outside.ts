/**
 * The outside world, one small interface: what tests and unusual hosts replace, so that nothing else needs a mock.
 */

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
}

export const outside: Outside = {
  fetch: (request) => globalThis.fetch(request),
  now: () => Date.now(),
  random: () => Math.random(),
  sleep,
  openChannel: (name) =>
    // Node has BroadcastChannel too, but there it would join the visitors of one server.
    typeof document === "object" && typeof BroadcastChannel === "function"
      ? new BroadcastChannel(name)
      : null,
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
