/** Tries safe requests again, so that a restart or a short outage stays invisible. */
import type { Outside } from "../outside.js";
import { isNetworkError } from "./network-error.js";
import { readRetryAfter } from "./retry-after.js";
import type { Layer } from "./transport.js";

export interface RetryOptions {
  /** How often a request is tried again after the first time. 0 switches retries off. Default: 3. */
  limit: number;
  /** The first wait is a random time up to this many milliseconds; each further one up to twice the former. Default: 300. */
  baseMs: number;
  /** No wait is longer. A longer `Retry-After` is not waited for: the caller gets the problem at once. Default: 5000. */
  maxMs: number;
}

const SAFE = new Set(["GET", "HEAD"]);
const TRANSIENT = new Set([429, 502, 503, 504]);

/**
 * Exponential backoff with full jitter; `Retry-After` is the least wait.
 *
 * @param isRepeatable Default: GET and HEAD. Anything else may have had its effect.
 */
export function retrying(
  { limit, baseMs, maxMs }: RetryOptions,
  outside: Outside,
  isRepeatable = ({ method }: Request) => SAFE.has(method),
): Layer {
  return (next) => async (request, deadline) => {
    for (let retries = 0; ; retries++) {
      const outcome = await next(request, deadline).catch((error: unknown) => error);
      const asked = leastWait(outcome, outside.now());
      const wait = (asked ?? 0) + outside.random() * Math.min(maxMs, baseMs * 2 ** retries);
      const again =
        isRepeatable(request) &&
        retries < limit &&
        asked !== undefined &&
        asked <= maxMs &&
        outside.now() + wait < deadline;
      if (!again) {
        if (outcome instanceof Response) {
          return outcome;
        }
        throw outcome;
      }
      if (outcome instanceof Response) {
        // Unread, it would keep its connection.
        await outcome.body?.cancel();
      }
      await outside.sleep(wait, request.signal);
    }
  };
}

/** Milliseconds that an outcome asks to wait at least; `undefined` when trying again is of no use. */
function leastWait(outcome: unknown, now: number): number | undefined {
  if (outcome instanceof Response) {
    return TRANSIENT.has(outcome.status) ? (readRetryAfter(outcome.headers, now) ?? 0) : undefined;
  }
  return isNetworkError(outcome) ? 0 : undefined;
}
