/** Files to upload whose every byte is told apart from every other file's, and what has become of them. */

import { createHash, randomBytes } from "node:crypto";
import { open } from "node:fs/promises";

const blockSize = 1024 * 1024;

/** Writes that many MiB, no two alike and none of them sparse. Returns their SHA-256. */
export async function writeSource(path: string, mebibytes: number): Promise<string> {
  const hash = createHash("sha256");
  const block = randomBytes(blockSize);
  const file = await open(path, "w");
  for (let number = 0; number < mebibytes; number += 1) {
    for (let place = 0; place < blockSize; place += 4096) {
      block.writeUInt32LE(number, place);
    }
    hash.update(block);
    await file.write(block);
  }
  await file.close();
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
