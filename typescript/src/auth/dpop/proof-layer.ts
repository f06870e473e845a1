/**
 * Proves to the server, with a sign-in and with a refresh, that this browser has its key (DPoP, RFC 9449). Its twin is
 * flask_dovetail/auth/dpop.
 */
import { loadCode } from "../../contract/load-code.js";
import type { Layer } from "../../contract/transport.js";
import type { Outside } from "../../core/outside.js";
import { unlessAborted } from "../../core/unless-aborted.js";
import { HEADERS_DPOP, HEADERS_DPOP_NONCE } from "../../core/wire/headers.js";

/**
 * Make the layer that adds a proof to sign-ins and refreshes.
 *
 * @param baseUrl the API's origin, which also names the key.
 */
export function createProofLayer(baseUrl: string, outside: Outside): Layer {
  const provenUrls = new Set([`${baseUrl}/auth/login`, `${baseUrl}/auth/refresh`]);
  const loadProver = loadCode(baseUrl, async () =>
    (await import("./prover.js")).createProver(baseUrl, outside),
  );

  async function withProof(request: Request, nonce?: string): Promise<Request> {
    const prove = await unlessAborted(loadProver(), request.signal);
    const proof = await unlessAborted(prove(request, nonce), request.signal);
    if (proof) {
      request.headers.set(HEADERS_DPOP, proof);
    }
    return request;
  }

  return (next) => async (request, deadline) => {
    if (!provenUrls.has(request.url)) {
      return next(request, deadline);
    }
    const replay = request.clone();
    const response = await next(await withProof(request), deadline);
    const nonce = response.headers.get(HEADERS_DPOP_NONCE);
    if (response.status !== 401 || !nonce) {
      return response;
    }
    // This browser's clock is wrong, or the browser has sent the request twice.
    await response.body?.cancel();
    return next(await withProof(replay, nonce), deadline);
  };
}
