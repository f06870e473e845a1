/** Requests that the package makes by itself. Several callers share the answer, so the time limit is the package's, not a caller's. */
import { startDeadline } from "./deadline.js";

/** The media types that the package understands, for the header `Accept`. */
export const ACCEPT = "application/json, application/problem+json";

/** The parts of a request that the package makes by itself. */
export interface OwnRequest extends RequestInit {
  url: string;
  timeoutMs: number;
  now(): number;
}

/**
 * Run `exchange` under a time limit of its own.
 *
 * @param exchange gets a function that makes the request anew for each try. The limit holds until it has read the answer.
 * @throws TimeoutError when the time is up.
 */
export async function ownRequest<T>(
  { url, timeoutMs, now, ...init }: OwnRequest,
  exchange: (make: () => Request, deadline: number, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, at, release } = startDeadline(timeoutMs, now());
  const headers = { Accept: ACCEPT, ...(init.headers as Record<string, string>) };
  try {
    const answer = await exchange(
      () => new Request(url, { cache: "no-store", ...init, headers, signal }),
      at,
      signal,
    );
    // A body that broke off because the time was up must not be reported as unexpected.
    signal.throwIfAborted();
    return answer;
  } finally {
    release();
  }
}
