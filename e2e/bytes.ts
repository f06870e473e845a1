/** Files to upload whose every byte is told apart from every other file's, and what has become of them. */

import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";

export interface Source {
  path: string;
  name: string;
  size: number;
  sha256: string;
}

const blockSize = 1024 * 1024;

/** Writes a file of `size` bytes, no two blocks of which are alike, and none is sparse. */
export async function writeSource(path: string, size: number): Promise<Source> {
  const hash = createHash("sha256");
  const block = randomBytes(blockSize);
  const file = await open(path, "w");
  for (let start = 0; start < size; start += blockSize) {
    for (let place = 0; place < blockSize; place += 4096) {
      block.writeUInt32LE(start / blockSize, place);
    }
    const bytes = block.subarray(0, size - start);
    hash.update(bytes);
    await file.write(bytes);
  }
  await file.close();
  return { path, name: basename(path), size, sha256: hash.digest("hex") };
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** The SHA-256 of what is at an address, and how many bytes that was. */
export async function fetchDigest(address: string): Promise<{ sha256: string; size: number }> {
  const answer = await fetch(address);
  if (!answer.ok || !answer.body) {
    throw new Error(`The file is answered with ${answer.status}.`);
  }
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of answer.body) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}
