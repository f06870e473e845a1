/** Browsers hash off the main thread, and only on pages with HTTPS. */
export const canHash = () => Boolean(globalThis.crypto?.subtle);

/** @returns hex. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
