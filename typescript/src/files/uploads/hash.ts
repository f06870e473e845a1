/** Whether the browser can hash: only on pages with HTTPS. It does so off the main thread. */
export const canHash = () => Boolean(globalThis.crypto?.subtle);

/** Return the SHA-256 of `bytes` in hex. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
