/** Uploads without any fault on the way. */
import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { createDovetail } from "../../../src/index.js";
import { rejectionOf } from "../../support/rejection.js";
import { fileOf, moment, openSender } from "../../support/sender.js";
import { problem } from "../../support/server.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test.each(["session", "token"] as const)(
  "a file arrives whole, in the %s strategy",
  async (strategy) => {
    const { storage, tab } = await openSender({ strategy });
    const { data } = await tab.files.upload(fileOf(), { purpose: "avatar" });

    expect(data).toMatchObject({
      name: "letters.txt",
      content_type: "text/plain",
      size: 10,
      purpose: "avatar",
    });
    expect([...storage.files.values()].map(({ bytes }) => String(bytes))).toEqual(["abcdefghij"]);
  },
);

test("the commit has the checksum of every part", async () => {
  const { storage, tab } = await openSender();
  await tab.files.upload(fileOf());
  const [request] = storage.to("/files/upload/commit");
  const { parts } = JSON.parse(String(request?.body));

  expect(
    parts.toSorted((a: { number: number }, b: { number: number }) => a.number - b.number),
  ).toEqual([
    { number: 1, sha256: sha256("abcd") },
    { number: 2, sha256: sha256("efgh") },
    { number: 3, sha256: sha256("ij") },
  ]);
});

test("a page without HTTPS, which has no crypto, sends neither checksums nor a fingerprint", async () => {
  const { storage, tab } = await openSender();
  vi.stubGlobal("crypto", {});
  const { data } = await tab.files.upload(fileOf());
  vi.unstubAllGlobals();

  expect(data?.size).toBe(10);
  expect(storage.to("/files/upload")).toEqual([]);
  expect(JSON.parse(String(storage.to("/files/upload/presign")[0]?.body))).not.toHaveProperty(
    "fingerprint",
  );
  expect(JSON.parse(String(storage.to("/files/upload/commit")[0]?.body))).toEqual({ key: "key1" });
});

test("an empty file is one empty part", async () => {
  const { storage, tab } = await openSender();
  const { data } = await tab.files.upload(fileOf(""));

  expect(data?.size).toBe(0);
  expect(storage.puts()).toEqual([1]);
});

test("a file without a type is announced as application/octet-stream", async () => {
  const { tab } = await openSender();
  const { data } = await tab.files.upload(new File(["x"], "x"));

  expect(data?.content_type).toBe("application/octet-stream");
});

test("a part's PUT carries neither cookie nor token", async () => {
  for (const strategy of ["session", "token"] as const) {
    const { storage, tab } = await openSender({ strategy });
    await tab.files.upload(fileOf("abcd"));
    const sent = storage.received.find(({ method }) => method === "PUT");

    expect(sent?.headers["content-length"]).toBe("4");
    expect(sent?.headers).not.toHaveProperty("authorization");
    expect(sent?.headers).not.toHaveProperty("x-csrf-token");
  }
});

test("a refused announcement is the result, and no part is sent", async () => {
  const { storage, tab } = await openSender();
  storage.override("/files/upload/presign", () => problem("FILE_TOO_LARGE", 413, { max_bytes: 5 }));
  const { data, problem: refusal } = await tab.files.upload(fileOf());

  expect(data).toBeUndefined();
  expect(refusal).toMatchObject({ code: "FILE_TOO_LARGE", max_bytes: 5 });
  expect(storage.puts()).toEqual([]);
});

test("a refused commit is the result", async () => {
  for (const code of ["FILE_TYPE_MISMATCH", "FILE_REJECTED", "CHECKSUM_MISMATCH"]) {
    const { storage, tab } = await openSender();
    storage.override("/files/upload/commit", () => problem(code, 422));

    expect((await tab.files.upload(fileOf())).problem?.code).toBe(code);
    expect(storage.to("/files/upload/commit")).toHaveLength(1);
  }
});

test("a refused part is the result, and the others are aborted", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  storage.fate = ({ number }) => (number === 2 ? problem("STORAGE_FULL", 507) : null);
  const { problem: refusal } = await tab.files.upload(fileOf(), { parallel: 1 });

  expect(refusal?.code).toBe("STORAGE_FULL");
  expect(storage.puts()).toEqual([1, 2]);
});

test("three parts travel at a time, or `parallel`, and no more are in memory", async () => {
  for (const [parallel, expected] of [
    [undefined, 3],
    [1, 1],
    [5, 5],
    [0, 1],
    [100, 16],
  ] as const) {
    const { storage, tab } = await openSender({ partSize: 1 });
    const file = fileOf("abcdefghijklmnopqrstuvwxyz");
    let read = 0;
    const slice = vi.spyOn(file, "slice").mockImplementation((...range) => {
      read += 1;
      return File.prototype.slice.apply(file, range);
    });
    const full = moment();
    const inMemory: number[] = [];
    let come = 0;
    let stored = 0;
    storage.fate = async () => {
      come += 1;
      if (come === expected) {
        full.happen();
      }
      await full.happened;
      inMemory.push(read / 2 - stored);
      stored += 1;
      return null;
    };
    await tab.files.upload(file, { parallel });

    expect(storage.atOnce).toBe(expected);
    expect(Math.max(...inMemory)).toBeLessThanOrEqual(expected);
    // Each part is read once to be hashed, and once to be sent.
    expect(slice).toHaveBeenCalledTimes(52);
  }
});

test("of ten thousand parts only missing ones are sent, with new addresses for each hundred", async () => {
  const { storage, tab, open } = await openSender({ partSize: 1 });
  const file = fileOf("x".repeat(10_000));
  const stop = new AbortController();
  const start = moment();
  storage.fate = () => {
    start.happen();
    return new Promise(() => {});
  };
  open().files.upload(file, { signal: stop.signal });
  await start.happened;
  const [upload] = storage.uploads.values();
  stop.abort();
  await vi.waitFor(() => expect(storage.uploads.size).toBe(0));
  for (let number = 1; number <= 9750; number++) {
    upload?.parts.set(number, Buffer.from("x"));
  }
  storage.uploads.set("key1", upload as NonNullable<typeof upload>);
  storage.fate = () => null;
  storage.received.length = 0;
  const { data } = await tab.files.upload(file);

  expect(data?.size).toBe(10_000);
  expect(storage.puts().toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 250 }, (_, index) => 9751 + index),
  );
  expect(storage.to("/files/upload/key1")).toHaveLength(3);
  expect(JSON.parse(String(storage.to("/files/upload/commit")[0]?.body)).parts).toHaveLength(
    10_000,
  );
});

test("nothing is sent before the first upload", async () => {
  const fetch = vi.fn(() => Promise.reject(new TypeError("offline")));
  const { files } = createDovetail({
    config: { apiOrigin: "https://api.example.com" },
    outside: { fetch },
  });
  expect(fetch).not.toHaveBeenCalled();

  const controller = new AbortController();
  controller.abort("never mind");
  expect(await rejectionOf(files.upload(fileOf(), { signal: controller.signal }))).toBe(
    "never mind",
  );
  expect(fetch).not.toHaveBeenCalled();
});

test("an error of the page's onProgress does not end the upload", async () => {
  const { tab } = await openSender();
  const faults: unknown[] = [];
  const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((fault) => {
    try {
      fault();
    } catch (error) {
      faults.push(error);
    }
  });
  const { data } = await tab.files.upload(fileOf(), {
    onProgress() {
      throw new Error("of the page");
    },
  });
  queue.mockRestore();

  expect(data?.size).toBe(10);
  expect(faults.map(String)).toContain("Error: of the page");
});
