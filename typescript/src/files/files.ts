/** What a page loads of uploads before the first one: their types, and a task that waits for the rest. */
import type { Client } from "../contract/client.js";
import { NetworkError } from "../contract/network-error.js";
import type { Problem, StatusCode, WireCode } from "../contract/problem.js";
import type { Result } from "../contract/result.js";
import type { RetryOptions } from "../contract/retry.js";
import { unlessAborted } from "../contract/unless-aborted.js";
import type { Outside } from "../outside.js";
import type { FilesPaths, UploadedFile } from "./paths.js";

/**
 * - `uploading`: bytes travel, or are about to.
 * - `hashing`: all are there; those that arrived before a reload are read once more, for their checksums.
 * - `waiting`: offline, or between two tries.
 * - `paused`: until `resume()`.
 * - `committing`: the server checks the file.
 */
export type UploadState = "uploading" | "hashing" | "waiting" | "paused" | "committing";

export interface UploadProgress {
  /** Bytes. Goes back only when the upload had to start anew. */
  loaded: number;
  /** The file's size in bytes. */
  total: number;
  /** Bytes per second, smoothed; 0 while nothing travels. */
  rate: number;
  /** `null` while it cannot be told. */
  secondsLeft: number | null;
  state: UploadState;
}

export interface UploadOptions {
  /** What the file is for: one of the server's purposes. Default: its first. */
  purpose?: string;
  onProgress?(progress: UploadProgress): void;
  /** Gives the upload up: what has arrived is discarded, and the task rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How many parts travel at the same time, 1 to 16. Default: 3. */
  parallel?: number;
}

/** Branch on `code`: Dovetail's, or one of the application's own policies. */
export type UploadProblem = Problem<WireCode | StatusCode | (string & {})> & {
  /** With FILE_TOO_LARGE. */
  max_bytes?: number;
  /** With FILE_TYPE_NOT_ALLOWED: the content types that are taken, such as `image/*`. */
  types?: string[];
};

export type UploadResult = Result<UploadedFile, UploadProblem>;

/**
 * An upload under way: a promise of its result.
 *
 * Rejects with a NetworkError or TimeoutError when the server stayed out of reach for ten minutes, with an
 * UnreadableFileError when the file could not be read, with the signal's reason. Nobody has to wait for it.
 */
export interface UploadTask extends Promise<UploadResult> {
  /** Stops sending. Parts that have arrived stay; those that are under way will be sent again. */
  pause(): void;
  resume(): void;
}

export interface Files {
  /**
   * Sends a file straight to storage. If the same file was begun before, in a page that is gone, only what is missing
   * travels.
   *
   * Problems: FILE_TOO_LARGE, FILE_TYPE_NOT_ALLOWED, FILE_TYPE_MISMATCH, FILE_REJECTED, QUOTA_EXCEEDED,
   * CHECKSUM_MISMATCH, STORAGE_FULL, VALIDATION_FAILED (a name that is not taken), and the authority's.
   */
  upload(file: File, options?: UploadOptions): UploadTask;
}

export interface FilesContext {
  client: Client<FilesPaths>;
  baseUrl: string;
  outside: Outside;
  retry: RetryOptions;
  /** Who is signed in, as far as this page knows. */
  subject(): string | undefined;
}

/** What `pause()` and `resume()` turn, also before the rest has been loaded. */
export interface Switch {
  isPaused: boolean;
  turned(): void;
}

export function createFiles(context: FilesContext): Files {
  return {
    upload(file, options = {}) {
      const { signal = new AbortController().signal } = options;
      const control: Switch = { isPaused: false, turned() {} };
      const turn = (isPaused: boolean) => () => {
        control.isPaused = isPaused;
        control.turned();
      };
      // Most pages send no files: it is in no bundle that all of them load.
      const outcome = import("./task.js").then(
        ({ run }) => run(file, { ...options, signal }, control, context),
        (cause) => {
          throw new NetworkError(new Request(context.baseUrl), cause);
        },
      );
      const task = unlessAborted(outcome, signal);
      // Who only looks at the progress has no fault to handle.
      task.catch(() => {});
      return Object.assign(task, { pause: turn(true), resume: turn(false) });
    },
  };
}
