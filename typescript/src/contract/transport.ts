/** How requests travel: layers around `fetch`, each a small function in a file of its own. */
import type { Outside } from "../outside.js";
import { NetworkError } from "./network-error.js";

/**
 * Sends a request.
 *
 * @param deadline when the caller stops waiting, in milliseconds since 1970; waits that would pass it are pointless.
 * @throws NetworkError when no answer came; the reason of the request's signal when it aborted.
 */
export type Transport = (request: Request, deadline: number) => Promise<Response>;

export type Layer = (next: Transport) => Transport;

/** The innermost transport. */
export function sending(outside: Outside): Transport {
  return async (request) => {
    try {
      return await outside.fetch(request);
    } catch (cause) {
      request.signal.throwIfAborted();
      throw new NetworkError(request, cause);
    }
  };
}
