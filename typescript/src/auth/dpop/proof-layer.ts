/**
 * Proves to the server, with a sign-in and with a refresh, that this browser has its key (DPoP, RFC 9449). Twin:
 * flask_dovetail/auth/tokens/dpop.py.
 */
import { NetworkError } from "../../contract/network-error.js";
import type { Layer } from "../../contract/transport.js";
import { unlessAborted } from "../../contract/unless-aborted.js";
import type { Outside } from "../../outside.js";
import { HEADERS_DPOP, HEADERS_DPOP_NONCE } from "../../wire.js";
import type { Prover } from "./dpop.js";

/** @param baseUrl the API's origin, which also names the key. */
export function proving(baseUrl: string, outside: Outside): Layer {
  const proven = new Set([`${baseUrl}/auth/login`, `${baseUrl}/auth/refresh`]);
  let loading: Promise<Prover> | undefined;

  // Most pages have no use for it: it is in no bundle that all of them load.
  function load(): Promise<Prover> {
    loading ??= import("./dpop.js")
      .then(({ createProver }) => createProver(baseUrl, outside))
      .catch((error) => {
        loading = undefined;
        throw error;
      });
    return loading;
  }

  async function withProof(request: Request, nonce?: string): Promise<Request> {
    const prover = await unlessAborted(load(), request.signal).catch((cause) => {
      request.signal.throwIfAborted();
      throw new NetworkError(request, cause);
    });
    const proof = await unlessAborted(prover(request, nonce), request.signal);
    if (proof) {
      request.headers.set(HEADERS_DPOP, proof);
    }
    return request;
  }

  return (next) => async (request, deadline) => {
    if (!proven.has(request.url)) {
      return next(request, deadline);
    }
    const replay = request.clone();
    const response = await next(await withProof(request), deadline);
    const nonce = response.headers.get(HEADERS_DPOP_NONCE);
    if (response.status !== 401 || !nonce) {
      return response;
    }
    // The clock of this browser is off, or the browser has sent the request twice.
    await response.body?.cancel();
    return next(await withProof(replay, nonce), deadline);
  };
}
