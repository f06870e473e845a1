/** The mark by which the server finds an upload again after a reload: nothing is kept in the browser. */
import { canHash, sha256 } from "./hash.js";

/** @returns `undefined` where it cannot be computed; an upload is then begun anew. */
export async function fingerprint(
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
