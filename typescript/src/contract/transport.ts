/** How requests are sent: through layers around `fetch`, each a small function in a file of its own. */
import type { Outside } from "../core/outside.js";
import { NetworkError } from "./network-error.js";

/**
 * Send one request.
 *
 * @param deadline when the caller stops waiting, in milliseconds since 1970. A layer does not wait beyond it.
 * @throws NetworkError when no answer came; the reason of the request's signal when it aborted.
 */
export type Transport = (request: Request, deadline: number) => Promise<Response>;

/** Wraps a transport in another one that does something more. */
export type Layer = (next: Transport) => Transport;

/** Make the innermost transport, which sends to the network. */
export function createTransport(outside: Outside): Transport {
  return async (request) => {
    try {
      return await outside.fetch(request);
    } catch (cause) {
      request.signal.throwIfAborted();
      throw new NetworkError(request, cause);
    }
  };
}
