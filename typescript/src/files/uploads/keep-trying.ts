/** Retries for steps of an upload: much more patient than a call, since uploads take long. */
import { isNetworkError } from "../../contract/network-error.js";
import type { RetryOptions } from "../../contract/retry.js";
import { isTimeoutError } from "../../contract/timeout-error.js";
import { backoff } from "../../core/backoff.js";
import type { Outside } from "../../core/outside.js";
import type { Progress } from "./progress.js";
import { Refusal } from "./refusal.js";

/** The longest wait that the server did not ask for. */
const WAIT_MAX_MS = 30_000;

/** After so long without a single part arriving, it gives up. */
const PATIENCE_MS = 600_000;

const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/** The dependencies of retrying. */
export interface KeepTryingOptions {
  outside: Outside;
  retry: RetryOptions;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Try again after an outage, a busy server or a broken connection.
 *
 * @throws the error of the last attempt, or the signal's reason.
 */
export async function keepTrying<T>(
  attempt: () => Promise<T>,
  { outside, retry, progress, signal }: KeepTryingOptions,
): Promise<T> {
  const limits = { baseMs: retry.baseMs, maxMs: WAIT_MAX_MS };
  let failures = 0;
  let fruitlessMs = 0;
  let arrivals = progress.arrivals();
  for (;;) {
    signal.throwIfAborted();
    const beganAt = outside.now();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const leastMs = leastWait(error);
      if (leastMs === undefined) {
        throw error;
      }
      if (arrivals !== progress.arrivals()) {
        arrivals = progress.arrivals();
        failures = 0;
        fruitlessMs = 0;
      }
      const waitMs = leastMs + backoff(failures, limits, outside.random());
      failures += 1;
      // Time asleep or offline does not count: an attempt counts for the longest wait at most.
      fruitlessMs += isOffline() ? 0 : waitMs + Math.min(WAIT_MAX_MS, outside.now() - beganAt);
      if (fruitlessMs > PATIENCE_MS) {
        throw error;
      }
      const endWait = progress.beginWait();
      try {
        if (await sleepUntilOnline(waitMs, outside, signal)) {
          failures = 0;
          fruitlessMs = 0;
        }
      } finally {
        endWait();
      }
    }
  }
}

/** Returns the milliseconds to wait at least; `undefined` when a retry cannot help. */
function leastWait(error: unknown): number | undefined {
  if (error instanceof Refusal) {
    const { status, retryAfter = 0 } = error.result.problem;
    return TRANSIENT.has(status) ? retryAfter * 1000 : undefined;
  }
  return isNetworkError(error) || isTimeoutError(error) ? 0 : undefined;
}

const isOffline = () => globalThis.navigator?.onLine === false;

/** @returns whether it ended early, because the computer came online. */
async function sleepUntilOnline(
  ms: number,
  outside: Outside,
  signal: AbortSignal,
): Promise<boolean> {
  const waking = new AbortController();
  const wake = () => waking.abort();
  globalThis.addEventListener?.("online", wake);
  signal.addEventListener("abort", wake);
  try {
    await outside.sleep(ms, waking.signal);
    return false;
  } catch (error) {
    signal.throwIfAborted();
    if (waking.signal.aborted) {
      return true;
    }
    throw error;
  } finally {
    globalThis.removeEventListener?.("online", wake);
    signal.removeEventListener("abort", wake);
  }
}
