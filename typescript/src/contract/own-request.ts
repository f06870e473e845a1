/** Requests of the package's own. Several callers wait for such an answer, so it has a time limit of its own, not one of theirs. */
import { startDeadline } from "./deadline.js";

export const ACCEPT = "application/json, application/problem+json";

export interface OwnRequest extends RequestInit {
  url: string;
  timeoutMs: number;
  now(): number;
}

/** Makes a request afresh for each attempt, and keeps the time limit until `exchange` has read what it wants to. */
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
    // A body that broke off because the time was up is no body that makes no sense.
    signal.throwIfAborted();
    return answer;
  } finally {
    release();
  }
}
