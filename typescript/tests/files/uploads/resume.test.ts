/** The same file once more, after a reload or beside another task. */
import { expect, onTestFinished, test, vi } from "vitest";
import { isUnreadableFileError } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { rejectionOf } from "../../support/rejection.js";
import {
  fileOf,
  moment,
  openSender,
  recordProgress,
  type SenderOptions,
  statesOf,
} from "../../support/sender.js";

/** Ends a page when the first parts have arrived, so that the server has an unfinished upload. */
async function openReloaded(options: SenderOptions = {}) {
  const sender = await openSender({ partSize: 1, ...options });
  const { storage, tab } = sender;
  const enough = moment();
  storage.fate = ({ number }) => {
    if (number < 7) {
      return null;
    }
    enough.happen();
    return problemOfTheDead;
  };
  const result = tab.files.upload(fileOf(), { parallel: 1 });
  await enough.happened;
  await result;
  storage.fate = () => null;
  storage.received.length = 0;
  return { ...sender, page: sender.open() };
}

const problemOfTheDead = { status: 507, body: "" };

test.each(["session", "token"] as const)(
  "after a reload only what is missing travels, in the %s strategy",
  async (strategy) => {
    const { storage, page } = await openReloaded({ strategy });
    const { reports, options } = recordProgress({ parallel: 1 });
    const { data } = await page.files.upload(fileOf(), options);

    expect(storage.puts()).toEqual([7, 8, 9, 10]);
    expect(data).toMatchObject({ id: "file-of-key1", size: 10 });
    expect(String(storage.files.get("key1")?.bytes)).toBe("abcdefghij");
    expect(reports.find(({ loaded }) => loaded > 0)?.loaded).toBe(6);
    expect(statesOf(reports)).toEqual(["uploading", "hashing", "committing"]);
  },
);

test("the commit has the checksums of parts that arrived earlier, so that another content is found", async () => {
  const { storage, page } = await openReloaded();
  const { problem } = await page.files.upload(fileOf("aXcdefghij"));

  expect(problem?.code).toBe("CHECKSUM_MISMATCH");
  expect(storage.puts().toSorted((a, b) => a - b)).toEqual([7, 8, 9, 10]);
});

test("a file with another name, size, time or purpose is another upload", async () => {
  const { storage, page } = await openReloaded();
  for (const [file, purpose] of [
    [fileOf("abcdefghij", "other.txt"), undefined],
    [fileOf("abcdefghijk"), undefined],
    [fileOf("abcdefghij", "letters.txt", 2000), undefined],
    [fileOf(), "avatar"],
  ] as const) {
    const { data } = await page.files.upload(file, { purpose });
    expect(data?.id).not.toBe("file-of-key1");
  }
  expect(storage.to("/files/upload/presign")).toHaveLength(4);
});

test("an upload of one person is not continued by another", async () => {
  const { storage, page } = await openReloaded();
  await page.auth.signIn({ email: "other@example.com", password: "right" });
  await page.files.upload(fileOf());
  expect(storage.files.get("key2")?.owner).toBe("other@example.com");

  await page.auth.signIn(demo);
  expect((await page.files.upload(fileOf())).data?.id).toBe("file-of-key1");
});

test("an unfinished upload that the server has dropped begins anew", async () => {
  const { storage, page } = await openReloaded();
  const items = [...storage.uploads.values()];
  storage.override("/files/upload", () => ({ body: { items } }));
  storage.sweep();

  expect((await page.files.upload(fileOf())).data?.id).toBe("file-of-key2");
});

test("two tabs that send the same file have two uploads", async () => {
  const { storage, tab, open } = await openSender({ partSize: 1 });
  const other = open();
  const start = moment();
  const gate = moment();
  storage.fate = async ({ key, number }) => {
    if (key === "key1" && number === 4) {
      start.happen();
      await gate.happened;
    }
    return null;
  };
  const first = tab.files.upload(fileOf(), { parallel: 1 });
  await start.happened;
  const second = await other.files.upload(fileOf());
  gate.happen();

  expect(second.data?.id).toBe("file-of-key2");
  expect((await first).data?.id).toBe("file-of-key1");
  expect(storage.puts()).toHaveLength(20);
});

test("the same file given twice in one page is sent twice, with locks and without", async () => {
  for (const outside of [{}, { locks: null }]) {
    const { storage, tab } = await openSender({ outside });
    const file = fileOf();
    const results = await Promise.all([tab.files.upload(file), tab.files.upload(file)]);

    expect(new Set(results.map(({ data }) => data?.id)).size).toBe(2);
    expect([...storage.files.values()].map(({ bytes }) => String(bytes))).toEqual([
      "abcdefghij",
      "abcdefghij",
    ]);
  }
});

test("without locks a task does not continue an upload that another task of the page is sending", async () => {
  const { storage, page } = await openReloaded({ outside: { locks: null } });
  const start = moment();
  const gate = moment();
  storage.fate = async ({ key, number }) => {
    if (key === "key1" && number === 7) {
      start.happen();
      await gate.happened;
      return problemOfTheDead;
    }
    return null;
  };
  const first = page.files.upload(fileOf());
  await start.happened;
  expect((await page.files.upload(fileOf())).data?.id).toBe("file-of-key2");
  gate.happen();
  await first;
  storage.fate = () => null;

  expect((await page.files.upload(fileOf())).data?.id).toBe("file-of-key1");
});

/** Changes the file on disk at its fifth byte: browsers then refuse to read there. */
function changed(file: File, isAlsoSent = false): File {
  const unreadable = () => Promise.reject(new DOMException("changed", "NotReadableError"));
  let isHashed = !isAlsoSent;
  vi.spyOn(file, "slice").mockImplementation((start, end) => {
    const slice = File.prototype.slice.call(file, start, end);
    if (start === 4 && isHashed) {
      slice.stream = () => new ReadableStream({ type: "bytes", pull: unreadable });
      slice.slice = () => Object.assign(new Blob(), { arrayBuffer: unreadable });
    }
    isHashed ||= start === 4;
    return slice;
  });
  return file;
}

test("a file that changed on disk is an UnreadableFileError, and its upload is kept", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  const error = await rejectionOf(tab.files.upload(changed(fileOf()), { parallel: 1 }));

  expect(isUnreadableFileError(error)).toBe(true);
  expect((error as Error).cause).toMatchObject({ name: "NotReadableError" });
  expect(storage.uploads.get("key1")?.parts.size).toBe(4);
});

test("a file that changes between hashing and sending is an UnreadableFileError", async () => {
  const { tab, waits } = await openSender({ partSize: 1 });
  const error = await rejectionOf(tab.files.upload(changed(fileOf(), true), { parallel: 1 }));

  expect(isUnreadableFileError(error)).toBe(true);
  expect(waits).toEqual([]);
});

test("a file that became shorter is an UnreadableFileError", async () => {
  const { tab } = await openSender();
  const file = fileOf();
  vi.spyOn(file, "slice").mockImplementation((start, end) => {
    const slice = File.prototype.slice.call(file, start, end);
    slice.stream = () => new Blob(["x"]).stream();
    return slice;
  });

  expect(isUnreadableFileError(await rejectionOf(tab.files.upload(file)))).toBe(true);
});

test("nothing is stored in Web Storage", async () => {
  const untouchable = () => {
    throw new Error("Web Storage was touched");
  };
  const trap = new Proxy({}, { get: untouchable, set: untouchable });
  vi.stubGlobal("localStorage", trap);
  vi.stubGlobal("sessionStorage", trap);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { tab } = await openSender();

  expect((await tab.files.upload(fileOf())).data?.size).toBe(10);
});
