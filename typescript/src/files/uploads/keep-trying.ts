/** Tries again what an outage, a busy server or a cut connection has spoilt. */
import { isNetworkError } from "../contract/network-error.js";
import type { RetryOptions } from "../contract/retry.js";
import { isTimeoutError } from "../contract/timeout-error.js";
import type { Outside } from "../outside.js";
import type { Progress } from "./progress.js";
import { Refused } from "./refused.js";

/** The longest wait that nobody asked for. */
const LONGEST_MS = 30_000;

/** Without a single part arriving for so long, it gives up. */
const PATIENCE_MS = 600_000;

const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

export interface PersistOptions {
  outside: Outside;
  retry: RetryOptions;
  progress: Progress;
  signal: AbortSignal;
}

/** @throws what the last attempt threw; the signal's reason. */
export async function persist<T>(
  attempt: () => Promise<T>,
  { outside, retry, progress, signal }: PersistOptions,
): Promise<T> {
  let failures = 0;
  let spent = 0;
  let seen = progress.arrivals();
  for (;;) {
    signal.throwIfAborted();
    const begun = outside.now();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const least = leastWait(error);
      if (least === undefined) {
        throw error;
      }
      if (seen !== progress.arrivals()) {
        seen = progress.arrivals();
        failures = 0;
        spent = 0;
      }
      const wait =
        least + outside.random() * Math.min(LONGEST_MS, retry.baseMs * 2 ** Math.min(failures, 20));
      failures += 1;
      // A computer that sleeps through an attempt has not lost its patience; nor has one that knows it is offline.
      spent += isOffline() ? 0 : wait + Math.min(LONGEST_MS, outside.now() - begun);
      if (spent > PATIENCE_MS) {
        throw error;
      }
      const rested = progress.rest();
      try {
        if (await rest(wait, outside, signal)) {
          failures = 0;
          spent = 0;
        }
      } finally {
        rested();
      }
    }
  }
}

/** Milliseconds to wait at least; `undefined` when trying again is of no use. */
function leastWait(error: unknown): number | undefined {
  if (error instanceof Refused) {
    const { status, retryAfter = 0 } = error.result.problem;
    return TRANSIENT.has(status) ? retryAfter * 1000 : undefined;
  }
  return isNetworkError(error) || isTimeoutError(error) ? 0 : undefined;
}

const isOffline = () => globalThis.navigator?.onLine === false;

/** @returns whether it ended early, because the computer is online again. */
async function rest(ms: number, outside: Outside, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const end = () => over.abort();
  globalThis.addEventListener?.("online", end);
  signal.addEventListener("abort", end);
  try {
    await outside.sleep(ms, over.signal);
    return false;
  } catch (error) {
    signal.throwIfAborted();
    if (over.signal.aborted) {
      return true;
    }
    throw error;
  } finally {
    globalThis.removeEventListener?.("online", end);
    signal.removeEventListener("abort", end);
  }
}
