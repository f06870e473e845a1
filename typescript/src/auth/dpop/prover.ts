/** Proofs of possession (RFC 9449 section 4). Loaded only by pages whose server wants them. */
import type { Outside } from "../../core/outside.js";
import { browserKey } from "./browser-key.js";

/** Makes a proof for one sending of `request`; `null` in a browser that cannot store a key. */
export type Prover = (request: Request, nonce?: string) => Promise<string | null>;

/**
 * Make the function that proves possession of the browser's key.
 *
 * @param name of the key.
 */
export function createProver(name: string, { key = browserKey, now }: Outside): Prover {
  let known: CryptoKeyPair | null = null;

  return async ({ method, url }, nonce) => {
    known ??= await key(name).catch(() => null);
    if (!known) {
      return null;
    }
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", known.publicKey);
    const message = [
      { typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } },
      {
        jti: crypto.randomUUID(),
        htm: method,
        htu: url.replace(/[?#].*/, ""),
        iat: Math.floor(now() / 1000),
        nonce,
      },
    ]
      .map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))))
      .join(".");
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      known.privateKey,
      new TextEncoder().encode(message),
    );
    return `${message}.${base64url(new Uint8Array(signature))}`;
  };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
