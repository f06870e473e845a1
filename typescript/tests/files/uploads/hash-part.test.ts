/** Checksums of parts, with little memory. */
import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { createPartHash } from "../../../src/files/uploads/hash-part.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("parts of different sizes that are hashed at the same time have their own checksums", async () => {
  const hash = createPartHash();
  for (const texts of [
    ["aaaa", "bbbb", "cccc"],
    ["dd", "", "eeee"],
    ["ffffffff", "g"],
  ]) {
    const digests = await Promise.all(texts.map((text) => hash(new Blob([text]))));

    expect(digests).toEqual(texts.map(sha256));
  }
});

test("parts that are hashed one after the other use the same memory", async () => {
  const hash = createPartHash();
  const buffers = vi.spyOn(globalThis, "ArrayBuffer");
  for (const text of ["aaaa", "bbbb", "cc"]) {
    await hash(new Blob([text]));
  }
  const calls = buffers.mock.calls as unknown as number[][];
  const sizes = calls.map(([size]) => size).filter((size) => size === 4 || size === 2);
  buffers.mockRestore();

  expect(sizes).toEqual([4]);
});

test("a browser that cannot read into given memory uses its own", async () => {
  const part = new Blob(["abcd"]);
  vi.spyOn(part, "stream").mockImplementation(() => new ReadableStream());

  expect(await createPartHash()(part)).toBe(sha256("abcd"));
});
