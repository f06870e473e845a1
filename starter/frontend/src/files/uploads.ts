/** The uploads of this page. They live outside of React, so they go on while one moves between screens. */

import { type UploadedFile, type UploadProgress, type UploadTask, unwrap } from "flask-dovetail";
import { createStore, type Store } from "../ui/store";

/** What is happening to a file: the package's states, waiting for its turn, and given up by the other side. */
export type Phase = UploadProgress["state"] | "queued" | "failed";

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly phase: Phase;
  /** Bytes that have arrived. */
  readonly loaded: number;
  /** Bytes a second; 0: not known. */
  readonly rate: number;
  /** `null`: not known. */
  readonly secondsLeft: number | null;
  /** Why it failed. */
  readonly error?: unknown;
}

export interface UploadsOptions {
  send(
    file: File,
    options: { signal: AbortSignal; onProgress: (progress: UploadProgress) => void },
  ): UploadTask;
  /** Does something that needs a login; does it once more when the login had ended and is back. */
  withLogin<Done>(work: () => Promise<Done>): Promise<Done>;
  /** How many are sent at the same time. */
  atOnce: number;
  onDone(file: UploadedFile): void;
  /** Nothing is under way any more. What was paused by hand does not count. */
  onIdle(outcome: { done: readonly UploadedFile[]; failed: readonly Upload[] }): void;
  /** How many would be lost with the page. */
  onCount(unfinished: number): void;
}

export interface Uploads {
  readonly list: Pick<Store<readonly Upload[]>, "get" | "use">;
  /** What has arrived since something is under way. */
  done(): readonly UploadedFile[];
  /** Sends these as well. A file that is under way already is not sent twice. */
  add(files: readonly File[]): void;
  pause(id: number): void;
  resume(id: number): void;
  /** Starts one that failed again: what has arrived of it is not sent again. */
  retry(id: number): void;
  /** Gives one up, with what has arrived of it. */
  cancel(id: number): void;
  /** Gives up all: who is at the screen has changed. */
  clear(): void;
}

const running: readonly Phase[] = ["hashing", "uploading", "waiting", "committing"];

const unknown = { rate: 0, secondsLeft: null };

export function createUploads(options: UploadsOptions): Uploads {
  const list = createStore<readonly Upload[]>([]);
  const attempts = new Map<number, { abort: AbortController; sending?: UploadTask }>();
  let lastId = 0;
  let done: UploadedFile[] = [];
  let failed: Upload[] = [];

  const find = (id: number) => list.get().find((upload) => upload.id === id);

  function set(next: readonly Upload[]): void {
    const before = unfinishedIn(list.get());
    list.set(next);
    const now = unfinishedIn(next);
    if (now !== before) {
      options.onCount(now);
    }
  }

  function change(id: number, changed: Partial<Upload>): void {
    set(list.get().map((upload) => (upload.id === id ? { ...upload, ...changed } : upload)));
  }

  function fillSlots(): void {
    for (const { id, phase } of list.get()) {
      const taken = list.get().filter((upload) => running.includes(upload.phase)).length;
      if (phase === "queued" && taken < options.atOnce) {
        go(id);
      }
    }
    const idle = !list.get().some(({ phase }) => phase === "queued" || running.includes(phase));
    if (idle && done.length + failed.length > 0) {
      const outcome = { done, failed };
      done = [];
      failed = [];
      options.onIdle(outcome);
    }
  }

  function go(id: number): void {
    change(id, { phase: "uploading", ...unknown });
    const begun = attempts.get(id);
    if (begun) {
      begun.sending?.resume();
    } else {
      void run(id);
    }
  }

  async function run(id: number): Promise<void> {
    const abort = new AbortController();
    attempts.set(id, { abort });
    try {
      const sent = await options.withLogin(() => attempt(id, abort));
      if (!abort.signal.aborted) {
        done.push(sent);
        set(list.get().filter((upload) => upload.id !== id));
        options.onDone(sent);
      }
    } catch (error) {
      const upload = find(id);
      if (upload && !abort.signal.aborted) {
        failed.push(upload);
        change(id, { phase: "failed", error, ...unknown });
      }
    }
    if (!abort.signal.aborted) {
      attempts.delete(id);
      fillSlots();
    }
  }

  async function attempt(id: number, abort: AbortController): Promise<UploadedFile> {
    const upload = find(id);
    abort.signal.throwIfAborted();
    if (!upload) {
      throw new Error("This upload is gone."); // cannot be: giving one up aborts it
    }
    const sending = options.send(upload.file, {
      signal: abort.signal,
      onProgress: (progress) => follow(id, progress),
    });
    attempts.set(id, { abort, sending });
    if (!running.includes(upload.phase)) {
      sending.pause(); // while it waited for a sign-in
    }
    try {
      return unwrap(await sending);
    } catch (error) {
      attempts.set(id, { abort });
      if (running.includes(find(id)?.phase ?? "failed")) {
        change(id, { phase: "waiting", ...unknown });
      }
      throw error;
    }
  }

  function follow(id: number, { loaded, rate, secondsLeft, state }: UploadProgress): void {
    const phase = find(id)?.phase;
    if (phase && running.includes(phase) && state !== "paused") {
      change(id, { loaded, rate, secondsLeft, phase: state });
    }
  }

  function cancel(id: number): void {
    const begun = attempts.get(id);
    attempts.delete(id);
    set(list.get().filter((upload) => upload.id !== id));
    begun?.abort.abort();
  }

  return {
    list,
    done: () => done,
    add(files) {
      const underWay = list.get().filter(({ phase }) => phase !== "failed");
      const fresh = files.filter((file) => !underWay.some((one) => isSame(one.file, file)));
      // Sent once more, a file takes the place of its failure.
      const kept = list.get().filter(({ file }) => !fresh.some((other) => isSame(file, other)));
      const added = fresh.map((file) => ({
        id: ++lastId,
        file,
        phase: "queued" as const,
        loaded: 0,
        ...unknown,
      }));
      set([...kept, ...added]);
      fillSlots();
    },
    pause(id) {
      attempts.get(id)?.sending?.pause();
      change(id, { phase: "paused", ...unknown });
      fillSlots();
    },
    resume(id) {
      change(id, { phase: "queued" });
      fillSlots();
    },
    retry(id) {
      failed = failed.filter((upload) => upload.id !== id);
      change(id, { phase: "queued", error: undefined });
      fillSlots();
    },
    cancel(id) {
      cancel(id);
      fillSlots();
    },
    clear() {
      done = [];
      failed = [];
      for (const { id } of list.get()) {
        cancel(id);
      }
    },
  };
}

/** How it stands with all that is sent in one go; `share` is of 1, by bytes. */
export function summary(uploads: readonly Upload[], done: readonly Pick<File, "size">[]) {
  const underWay = uploads.filter(({ phase }) => phase !== "failed");
  const arrived = sum(done.map(({ size }) => size));
  const total = arrived + sum(underWay.map(({ file }) => file.size));
  const loaded = arrived + sum(underWay.map((upload) => upload.loaded));
  return {
    underWay: underWay.length,
    failed: uploads.length - underWay.length,
    share: total > 0 ? loaded / total : 0,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function unfinishedIn(uploads: readonly Upload[]): number {
  return uploads.filter(({ phase }) => phase !== "failed").length;
}

function isSame(one: File, other: File): boolean {
  return (
    one.name === other.name && one.size === other.size && one.lastModified === other.lastModified
  );
}
