/** The checksum of a part, with little memory: what each part leaves to the garbage collector would fill the tab. */
import { sha256 } from "./hash.js";
import { UnreadableFileError } from "./unreadable-file-error.js";

/** @returns what hashes; it keeps as many buffers as there are parts read at the same time, and uses them again. */
export function createPartHash(): (part: Blob) => Promise<string> {
  const spare: ArrayBuffer[] = [];
  return async (part) => {
    const bytes = await read(part, spare.pop()).catch((cause) => {
      throw new UnreadableFileError(cause);
    });
    const digest = await sha256(bytes);
    spare.push(bytes.buffer);
    return digest;
  };
}

// Chromium collects a reader that nothing but its own pending read knows of: that read would never end.
const reading = new Set<ReadableStreamBYOBReader>();

async function read(part: Blob, spare?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = part;
  const reader = byteReader(part);
  if (!reader) {
    return new Uint8Array(await part.arrayBuffer());
  }
  let buffer = spare && spare.byteLength >= size ? spare : new ArrayBuffer(size);
  let filled = 0;
  reading.add(reader);
  try {
    while (filled < size) {
      const { value, done } = await reader.read(new Uint8Array(buffer, filled, size - filled));
      if (done) {
        throw new RangeError("The file has become shorter.");
      }
      // It has gone through other hands, and is not the same object any more.
      buffer = value.buffer;
      filled += value.length;
    }
    await reader.cancel();
  } finally {
    reading.delete(reader);
  }
  return new Uint8Array(buffer, 0, size);
}

/** Reads into a buffer of ours; `null` where the browser cannot. */
function byteReader(part: Blob): ReadableStreamBYOBReader | null {
  try {
    return part.stream().getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/** @throws UnreadableFileError when the file is not what it was. */
export async function assertReadable(part: Blob): Promise<void> {
  await part
    .slice(0, 1)
    .arrayBuffer()
    .catch((cause) => {
      throw new UnreadableFileError(cause);
    });
}
