/** Retries safe requests, so that a restart of the server or a short outage stays invisible. */
import { backoff } from "../core/backoff.js";
import type { Outside } from "../core/outside.js";
import { isNetworkError } from "./network-error.js";
import { readRetryAfter } from "./retry-after.js";
import type { Layer } from "./transport.js";

/** How often and how patiently requests are retried. */
export interface RetryOptions {
  /** Retries after the first try. 0 switches retrying off. Default: 3. */
  limit: number;
  /** Milliseconds: the longest first wait. Each further wait may be twice as long. Default: 300. */
  baseMs: number;
  /** Milliseconds: the longest wait. With a longer `Retry-After` the caller gets the problem at once. Default: 5000. */
  maxMs: number;
}

const SAFE = new Set(["GET", "HEAD"]);
const TRANSIENT = new Set([429, 502, 503, 504]);

/**
 * Make the layer that retries with exponential backoff. `Retry-After` is the least wait.
 *
 * @param isRepeatable which requests may be sent twice. Default: GET and HEAD; any other may have had its effect.
 */
export function createRetryLayer(
  { limit, ...limits }: RetryOptions,
  outside: Outside,
  isRepeatable = ({ method }: Request) => SAFE.has(method),
): Layer {
  return (next) => async (request, deadline) => {
    for (let retries = 0; ; retries++) {
      const outcome = await next(request, deadline).catch((error: unknown) => error);
      const leastMs = leastWait(outcome, outside.now());
      const wait = (leastMs ?? 0) + backoff(retries, limits, outside.random());
      const mayRetry =
        isRepeatable(request) &&
        retries < limit &&
        leastMs !== undefined &&
        leastMs <= limits.maxMs &&
        outside.now() + wait < deadline;
      if (!mayRetry) {
        if (outcome instanceof Response) {
          return outcome;
        }
        throw outcome;
      }
      if (outcome instanceof Response) {
        // An unread body would occupy its connection.
        await outcome.body?.cancel();
      }
      await outside.sleep(wait, request.signal);
    }
  };
}

/** Return the milliseconds to wait at least; `undefined` when a retry cannot help. */
function leastWait(outcome: unknown, now: number): number | undefined {
  if (outcome instanceof Response) {
    return TRANSIENT.has(outcome.status) ? (readRetryAfter(outcome.headers, now) ?? 0) : undefined;
  }
  return isNetworkError(outcome) ? 0 : undefined;
}
