/** One signal for both reasons to stop: the caller's abort and the time limit. */
import { TIMER_MAX_MS } from "../core/outside.js";
import { TimeoutError } from "./timeout-error.js";

/** A running time limit. */
export interface Deadline {
  /** Aborts with the caller's reason, or with a TimeoutError. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970; Infinity without a time limit. */
  readonly at: number;
  /** Ends the time limit only: a stream that has begun may take as long as it likes. */
  stopClock(): void;
  /** Ends the time limit, and stops listening to the caller's signal. */
  release(): void;
}

/**
 * Start a time limit for one call.
 *
 * @param timeoutMs milliseconds; `Infinity`, or more than 23 days: none.
 * @param now milliseconds since 1970.
 */
// Not AbortSignal.any(): older browsers lack it, and this one can stop listening to a long-lived signal.
export function startDeadline(
  timeoutMs: number,
  now: number,
  caller?: AbortSignal | null,
): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort(caller?.reason);
  const timer =
    timeoutMs > TIMER_MAX_MS
      ? undefined
      : setTimeout(() => controller.abort(new TimeoutError(timeoutMs)), timeoutMs);
  if (caller?.aborted) {
    abort();
  }
  caller?.addEventListener("abort", abort);
  const stopClock = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    at: now + timeoutMs,
    stopClock,
    release() {
      stopClock();
      caller?.removeEventListener("abort", abort);
    },
  };
}
