import { canHash, sha256 } from "./hash.js";

/**
 * Return the mark by which the server finds an unfinished upload of the same file. Nothing is stored in the browser.
 *
 * @returns `undefined` where it cannot be computed; an upload then always begins anew.
 */
export async function fingerprintOf(
  file: File,
  purpose: string | undefined,
): Promise<string | undefined> {
  if (!canHash()) {
    return undefined;
  }
  const { name, size, type, lastModified } = file;
  const marks = JSON.stringify([purpose ?? null, name, size, type, lastModified]);
  return sha256(new TextEncoder().encode(marks));
}
