/** The options and results of uploads. Sizes are bytes, times ISO 8601 in UTC. */
import type { Client } from "../contract/client.js";
import type { Problem, StatusCode, WireCode } from "../contract/problem.js";
import type { JsonOf, Result } from "../contract/result.js";
import type { RetryOptions } from "../contract/retry.js";
import type { Outside } from "../core/outside.js";
import type { paths } from "./paths.js";

/** A file that has been stored. Its bytes never change. */
export type UploadedFile = JsonOf<paths["/files/upload/commit"]["post"]>;

/** An upload under way: which parts have arrived, and signed addresses for the others. */
export type Ticket = JsonOf<paths["/files/upload/{key}"]["get"]>;

/** Where one part goes: `PUT url` with these headers and `size` bytes. Parts are counted from 1. */
export type PartUrl = Ticket["parts"][number];

/**
 * What an upload is doing.
 *
 * - `uploading`: bytes travel, or are about to.
 * - `hashing`: all bytes have arrived; those that arrived before a reload are read once more for their checksums.
 * - `waiting`: offline, or between two tries.
 * - `paused`: until `resume()`.
 * - `committing`: the server checks the file.
 */
export type UploadState = "uploading" | "hashing" | "waiting" | "paused" | "committing";

/** How far an upload has come. */
export interface UploadProgress {
  /** Bytes sent. Goes back only when the upload had to start anew. */
  loaded: number;
  /** The file's size in bytes. */
  total: number;
  /** Bytes per second, smoothed; 0 while nothing travels. */
  rate: number;
  /** Seconds left; `null` while they cannot be estimated. */
  secondsLeft: number | null;
  state: UploadState;
}

/** The options of one upload. */
export interface UploadOptions {
  /** One of the purposes that the server declares. Default: its first. */
  purpose?: string;
  onProgress?(progress: UploadProgress): void;
  /** Gives the upload up: parts that have arrived are discarded, and the task rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How many parts travel at the same time, 1 to 16. Default: 3. */
  parallel?: number;
}

/** The problem of an upload. Branch on `code`: Dovetail's, or one of the application's own policies. */
export type UploadProblem = Problem<WireCode | StatusCode | (string & {})> & {
  /** With FILE_TOO_LARGE. */
  max_bytes?: number;
  /** With FILE_TYPE_NOT_ALLOWED: the content types that are accepted, such as `image/*`. */
  types?: string[];
};

/** The result of an upload. */
export type UploadResult = Result<UploadedFile, UploadProblem>;

/**
 * An upload under way, as a promise of its result.
 *
 * It rejects with a NetworkError or TimeoutError when the server could not be reached for ten minutes, with an
 * UnreadableFileError when the file could not be read, and with the signal's reason. It need not be awaited.
 */
export interface UploadTask extends Promise<UploadResult> {
  /** Stops sending. Parts that have arrived stay; those under way will be sent again. */
  pause(): void;
  resume(): void;
}

/** Uploads, straight to storage. */
export interface Files {
  /**
   * Uploads a file. If an earlier page began to upload the same file, only missing parts are sent.
   *
   * Problems: FILE_TOO_LARGE, FILE_TYPE_NOT_ALLOWED, FILE_TYPE_MISMATCH, FILE_REJECTED, QUOTA_EXCEEDED,
   * CHECKSUM_MISMATCH, STORAGE_FULL, VALIDATION_FAILED (a name that is not accepted), and the authority's.
   */
  upload(file: File, options?: UploadOptions): UploadTask;
}

/** The dependencies of uploads. */
export interface FilesContext {
  client: Client<paths>;
  baseUrl: string;
  outside: Outside;
  retry: RetryOptions;
  /** The person who is signed in, as far as this page knows. */
  subject(): string | undefined;
}

/** Whether an upload is paused. `pause()` and `resume()` work before the code of uploads has been loaded. */
export interface PauseSwitch {
  isPaused: boolean;
  /** Is called after each change of `isPaused`. */
  onSwitch(): void;
}
