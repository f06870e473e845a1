/** Checksums of parts, with little memory. */
import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { createPartHash } from "../../../src/files/uploads/hash-part.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("parts of different sizes, several at a time, have their own checksums", async () => {
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

test("one after the other they are read into the same memory", async () => {
  const hash = createPartHash();
  const made = vi.spyOn(globalThis, "ArrayBuffer");
  for (const text of ["aaaa", "bbbb", "cc"]) {
    await hash(new Blob([text]));
  }
  const calls = made.mock.calls as unknown as number[][];
  const sizes = calls.map(([size]) => size).filter((size) => size === 4 || size === 2);
  made.mockRestore();

  expect(sizes).toEqual([4]);
});

test("a browser that cannot read into given memory reads into its own", async () => {
  const part = new Blob(["abcd"]);
  vi.spyOn(part, "stream").mockImplementation(() => new ReadableStream());

  expect(await createPartHash()(part)).toBe(sha256("abcd"));
});
