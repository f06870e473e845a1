/** Checksums of parts, with little memory: the garbage of each part would otherwise fill the tab. */
import { UnreadableFileError } from "../unreadable-file-error.js";
import { sha256 } from "./hash.js";

/**
 * Make a function that hashes parts.
 *
 * It needs one buffer for each part that is read at the same time, and uses them again.
 */
export function createPartHash(): (part: Blob) => Promise<string> {
  const freeBuffers: ArrayBuffer[] = [];
  return async (part) => {
    const bytes = await read(part, freeBuffers.pop()).catch((cause) => {
      throw new UnreadableFileError(cause);
    });
    const digest = await sha256(bytes);
    freeBuffers.push(bytes.buffer);
    return digest;
  };
}

// Chromium collects a reader that only its own pending read refers to, and then that read never ends.
const activeReaders = new Set<ReadableStreamBYOBReader>();

async function read(part: Blob, freeBuffer?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = part;
  const reader = byteReader(part);
  if (!reader) {
    return new Uint8Array(await part.arrayBuffer());
  }
  let buffer = freeBuffer && freeBuffer.byteLength >= size ? freeBuffer : new ArrayBuffer(size);
  let filled = 0;
  activeReaders.add(reader);
  try {
    while (filled < size) {
      const { value, done } = await reader.read(new Uint8Array(buffer, filled, size - filled));
      if (done) {
        throw new RangeError("The file has become shorter.");
      }
      // The read has transferred the buffer, so it comes back as another object.
      buffer = value.buffer;
      filled += value.length;
    }
    await reader.cancel();
  } finally {
    activeReaders.delete(reader);
  }
  return new Uint8Array(buffer, 0, size);
}

/** Returns a reader that fills given buffers; `null` where the browser has none. */
function byteReader(part: Blob): ReadableStreamBYOBReader | null {
  try {
    return part.stream().getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/**
 * Check that a part can still be read.
 *
 * @throws UnreadableFileError when the file was changed, moved or deleted.
 */
export async function assertReadable(part: Blob): Promise<void> {
  await part
    .slice(0, 1)
    .arrayBuffer()
    .catch((cause) => {
      throw new UnreadableFileError(cause);
    });
}
