import type { Ticket } from "./paths.js";
import { UnreadableFileError } from "./unreadable-file-error.js";

/**
 * Reads one part into memory, whole: what is hashed is then what is sent.
 *
 * @throws UnreadableFileError
 */
export async function readPart(
  file: File,
  number: number,
  { part_size }: Ticket,
): Promise<ArrayBuffer> {
  const start = (number - 1) * part_size;
  const slice = file.slice(start, start + part_size);
  const bytes = await slice.arrayBuffer().catch((cause) => {
    throw new UnreadableFileError(cause);
  });
  if (bytes.byteLength !== slice.size) {
    throw new UnreadableFileError();
  }
  return bytes;
}
