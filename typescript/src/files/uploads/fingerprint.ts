import { canHash, sha256 } from "./hash.js";

/**
 * Return the mark by which the server finds an unfinished upload of the same file. Nothing is stored in the browser.
 *
 * Browsers and systems differ in the type that they give a file, in the composition of its name's letters, and in
 * milliseconds, so none of these is part of it.
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
  const { name, size, lastModified } = file;
  const seconds = Math.floor(lastModified / 1000);
  const marks = JSON.stringify([purpose ?? null, name.normalize("NFC"), size, seconds]);
  return sha256(new TextEncoder().encode(marks));
}
