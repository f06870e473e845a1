import {
  ProblemError,
  type UploadedFile,
  type UploadProgress,
  type UploadResult,
} from "flask-dovetail";
import { beforeEach, expect, test, vi } from "vitest";
import { problem } from "../testing/backend";
import { createUploads, type Phase, summary, type Uploads } from "./uploads";

/** One call of `send`, and what its other end may do. */
interface Attempt {
  name: string;
  signal: AbortSignal;
  calls: string[];
  report(progress: Partial<UploadProgress>): void;
  finish(): Promise<void>;
  refuse(code: string): Promise<void>;
}

let attempts: Attempt[];
let uploads: Uploads;
const onDone = vi.fn<(file: UploadedFile) => void>();
const onIdle = vi.fn<(outcome: { done: readonly unknown[]; failed: readonly unknown[] }) => void>();
const onCount = vi.fn<(unfinished: number) => void>();

beforeEach(() => {
  vi.clearAllMocks();
  attempts = [];
  uploads = createUploads({
    atOnce: 2,
    withLogin: (work) => work(),
    send({ name, size }, { signal, onProgress }) {
      const calls: string[] = [];
      let settle: (result: UploadResult) => void = () => {};
      const result = new Promise<UploadResult>((resolve, reject) => {
        settle = resolve;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      attempts.push({
        name,
        signal,
        calls,
        report: (progress) =>
          onProgress({
            loaded: 0,
            total: size,
            rate: 0,
            secondsLeft: null,
            state: "uploading",
            ...progress,
          }),
        finish: () => settled(() => settle({ data: stored(name), response: new Response() })),
        refuse: async (code) => {
          const response = problem(422, code);
          const body = await response.clone().json();
          await settled(() => settle({ problem: body, response }));
        },
      });
      return Object.assign(result, {
        pause: () => void calls.push("pause"),
        resume: () => void calls.push("resume"),
      });
    },
    onDone,
    onIdle,
    onCount,
  });
});

test("only so many are sent at once; the others wait for their turn", async () => {
  uploads.add([file("a"), file("b"), file("c")]);
  expect(phases()).toEqual({ a: "uploading", b: "uploading", c: "queued" });

  await sent("a").finish();
  expect(phases()).toEqual({ b: "uploading", c: "uploading" });
  expect(onDone).toHaveBeenCalledExactlyOnceWith(stored("a"));
});

test("what is paused leaves its place to another, and waits for one when it goes on", async () => {
  uploads.add([file("a"), file("b"), file("c")]);
  uploads.pause(idOf("a"));
  expect(phases()).toEqual({ a: "paused", b: "uploading", c: "uploading" });

  uploads.resume(idOf("a"));
  expect(phases()).toEqual({ a: "queued", b: "uploading", c: "uploading" });
  expect(sent("a").calls).toEqual(["pause"]);

  await sent("b").finish();
  expect(phases()).toEqual({ a: "uploading", c: "uploading" });
  expect(sent("a").calls).toEqual(["pause", "resume"]);
  expect(attempts).toHaveLength(3);
});

test("a late report does not wake what is paused", () => {
  uploads.add([file("a")]);
  uploads.pause(idOf("a"));
  sent("a").report({ loaded: 3 });
  expect(phases()).toEqual({ a: "paused" });
});

test("progress is told with bytes, rate and time left", () => {
  uploads.add([file("a")]);
  sent("a").report({ loaded: 3, rate: 2, secondsLeft: 4, state: "committing" });
  expect(uploads.list.get()).toMatchObject([
    { loaded: 3, rate: 2, secondsLeft: 4, phase: "committing" },
  ]);
});

test("a refusal keeps its reason, and the next file takes the place", async () => {
  uploads.add([file("a"), file("b"), file("c")]);
  await sent("a").refuse("FILE_REJECTED");
  expect(phases()).toEqual({ a: "failed", b: "uploading", c: "uploading" });
  const { error } = uploads.list.get()[0] ?? {};
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ problem: { code: "FILE_REJECTED" } });
});

test("a failed one is sent again when asked, by hand or by choosing the file once more", async () => {
  uploads.add([file("a")]);
  await sent("a").refuse("QUOTA_EXCEEDED");
  uploads.retry(idOf("a"));
  expect(phases()).toEqual({ a: "uploading" });

  await sent("a").refuse("QUOTA_EXCEEDED");
  uploads.add([file("a")]);
  expect(phases()).toEqual({ a: "uploading" });
  expect(attempts).toHaveLength(3);
});

test("a file that is under way is not sent twice", () => {
  uploads.add([file("a")]);
  uploads.add([file("a")]);
  expect(attempts).toHaveLength(1);
});

test("what is cancelled is gone at once, tells nothing any more, and leaves its place", async () => {
  uploads.add([file("a"), file("b"), file("c")]);
  const cancelled = sent("a");
  uploads.cancel(idOf("a"));
  expect(cancelled.signal.aborted).toBe(true);
  expect(phases()).toEqual({ b: "uploading", c: "uploading" });

  await sent("b").finish();
  await sent("c").finish();
  expect(uploads.list.get()).toEqual([]);
  expect(onIdle).toHaveBeenCalledExactlyOnceWith({ done: [stored("b"), stored("c")], failed: [] });
});

test("the outcome is told once, when nothing is under way any more", async () => {
  uploads.add([file("a"), file("b")]);
  await sent("a").finish();
  expect(onIdle).not.toHaveBeenCalled();
  await sent("b").refuse("FILE_REJECTED");
  expect(onIdle).toHaveBeenCalledOnce();
  expect(onIdle.mock.lastCall?.[0].done).toEqual([stored("a")]);
  expect(onIdle.mock.lastCall?.[0].failed).toMatchObject([{ file: { name: "b" } }]);
});

test("the page is told how much it would lose: what is paused counts, what failed does not", async () => {
  uploads.add([file("a"), file("b")]);
  uploads.pause(idOf("a"));
  expect(onCount).toHaveBeenLastCalledWith(2);
  await sent("b").refuse("FILE_REJECTED");
  expect(onCount).toHaveBeenLastCalledWith(1);
  uploads.cancel(idOf("a"));
  expect(onCount).toHaveBeenLastCalledWith(0);
});

test("for somebody else nothing is left", () => {
  uploads.add([file("a"), file("b"), file("c")]);
  uploads.clear();
  expect(uploads.list.get()).toEqual([]);
  expect(attempts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  expect(onIdle).not.toHaveBeenCalled();
});

test("while it waits for a sign-in it can be paused; it does not go on by itself then", async () => {
  let signIn = () => {};
  const signedIn = new Promise<void>((resolve) => {
    signIn = resolve;
  });
  const again = createUploads({
    atOnce: 2,
    onDone,
    onIdle,
    onCount,
    withLogin: (work) => work().catch(() => signedIn.then(work)),
    send: (sentFile) => {
      attempts.push({ name: sentFile.name, calls: [] } as unknown as Attempt);
      const { calls } = attempts.at(-1) as Attempt;
      const refused = { code: "SESSION_EXPIRED", status: 401, title: "", type: "" };
      const result: Promise<UploadResult> =
        attempts.length === 1
          ? Promise.resolve({ problem: refused, response: new Response() })
          : new Promise(() => {});
      return Object.assign(result, { pause: () => calls.push("pause"), resume() {} });
    },
  });
  again.add([file("a")]);
  await vi.waitFor(() => expect(again.list.get()[0]?.phase).toBe("waiting"));
  again.pause(again.list.get()[0]?.id ?? 0);
  signIn();
  await vi.waitFor(() => expect(attempts[1]?.calls).toEqual(["pause"]));
  expect(again.list.get()[0]?.phase).toBe("paused");
});

test("what has arrived counts, so that the whole only ever grows", () => {
  const upload = { id: 1, phase: "uploading" as const, rate: 0, secondsLeft: null };
  const half = { ...upload, file: file("a"), loaded: 2.5 };
  expect(summary([half], [])).toEqual({ underWay: 1, failed: 0, share: 0.5 });
  expect(summary([half], [{ size: 5 }])).toEqual({ underWay: 1, failed: 0, share: 0.75 });
  expect(summary([{ ...half, phase: "failed" }], [])).toMatchObject({ underWay: 0, failed: 1 });
});

function file(name: string): File {
  return new File(["12345"], name, { lastModified: 1 });
}

function stored(name: string): UploadedFile {
  return { id: name, name } as UploadedFile;
}

function phases(): Record<string, Phase> {
  return Object.fromEntries(uploads.list.get().map((upload) => [upload.file.name, upload.phase]));
}

function idOf(name: string): number {
  return uploads.list.get().find((upload) => upload.file.name === name)?.id ?? 0;
}

/** The last attempt to send a file. */
function sent(name: string): Attempt {
  return attempts.findLast((attempt) => attempt.name === name) as Attempt;
}

/** Acts, and lets everything that follows from it happen. */
async function settled(act: () => void): Promise<void> {
  act();
  await new Promise((resolve) => setTimeout(resolve));
}
