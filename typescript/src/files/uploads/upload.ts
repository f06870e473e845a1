/** One upload from beginning to end: begin, send, commit. Loaded with the first one. */
import type { FilesContext, PauseSwitch, UploadOptions, UploadResult } from "../types.js";
import { begin, type ClaimedUpload } from "./begin.js";
import { keepTrying } from "./keep-trying.js";
import { createPause } from "./pause.js";
import { createProgress } from "./progress.js";
import { Refusal, requireAccepted } from "./refusal.js";
import { sendFile } from "./send-file.js";

const PARALLEL_DEFAULT = 3;

/** Well below the hundred parts whose addresses a ticket has. */
const PARALLEL_MAX = 16;

/** The server may have to read the whole file, or wait for storage to copy it. */
const COMMIT_TIMEOUT_MS = 600_000;

/** How often parts that are missing at the end are sent again. */
const RESENDS_MAX = 2;

/** How often the progress is reported while nothing happens, so that the page sees the rate fall. */
const TICK_MS = 1000;

const inPath = <Parameters>(parameters: Parameters) => ({ params: { path: parameters } });

/**
 * Upload a file.
 *
 * @throws NetworkError, TimeoutError, UnreadableFileError, the signal's reason.
 */
export async function upload(
  file: File,
  options: UploadOptions & { signal: AbortSignal },
  pausing: PauseSwitch,
  context: FilesContext,
): Promise<UploadResult> {
  const { signal, purpose } = options;
  const { client, outside, retry } = context;
  const parallel = Math.max(1, Math.min(PARALLEL_MAX, options.parallel ?? PARALLEL_DEFAULT));
  signal.throwIfAborted();

  const progress = createProgress({
    total: file.size,
    onProgress: options.onProgress,
    isPaused: () => pausing.isPaused,
    now: outside.now,
  });
  signal.addEventListener("abort", progress.end);
  const pause = createPause(pausing, signal, progress.onPauseChange);
  const patience = { outside, retry, progress, signal };

  async function finish({ ticket, release }: ClaimedUpload): Promise<UploadResult> {
    const { key } = ticket;
    // An upload that cannot be discarded now is swept by the server when it expires.
    const discard = () =>
      void client.DELETE("/files/upload/{key}", inPath({ key })).catch(() => {});
    const readTicket = async () =>
      (await requireAccepted(client.GET("/files/upload/{key}", inPath({ key })))).data;
    signal.addEventListener("abort", discard);
    try {
      if (signal.aborted) {
        discard();
      }
      for (let present = ticket, resends = 0; ; resends++) {
        progress.enter("uploading");
        const digests = await sendFile(file, present, {
          ...patience,
          pause,
          parallel,
          readTicket,
        });
        await pause.ended();
        progress.enter("committing");
        try {
          return await commit(key, digests);
        } catch (error) {
          const isIncomplete =
            error instanceof Refusal && error.result.problem.code === "UPLOAD_INCOMPLETE";
          if (!isIncomplete || resends === RESENDS_MAX) {
            throw error;
          }
          present = await keepTrying(readTicket, patience);
        }
      }
    } finally {
      signal.removeEventListener("abort", discard);
      release();
    }
  }

  function commit(key: string, digests: Map<number, string>): Promise<UploadResult> {
    const parts = [...digests].map(([number, sha256]) => ({ number, sha256 }));
    const body = { key, ...(parts.length > 0 && { parts }) };
    return keepTrying(async () => {
      const committed = await requireAccepted(
        client.POST("/files/upload/commit", { body, timeoutMs: COMMIT_TIMEOUT_MS }),
      );
      if (signal.aborted) {
        // Given up while the server was committing.
        void client
          .DELETE("/files/{file_id}", inPath({ file_id: committed.data.id }))
          .catch(() => {});
      }
      return committed;
    }, patience);
  }

  async function attempt(isLast: boolean): Promise<UploadResult> {
    await pause.ended();
    const person = context.subject();
    const claimed = await keepTrying(() => begin(file, purpose, signal, context), patience);
    try {
      return await finish(claimed);
    } catch (error) {
      // An upload that one person began is never sent as another person.
      const mayStartAnew = !isLast && context.subject() === person;
      if (!(error instanceof Refusal && error.isGone && mayStartAnew)) {
        throw error;
      }
      progress.restart();
      return attempt(true);
    }
  }

  progress.report();
  const ticking = setInterval(progress.reportIfDue, TICK_MS);
  try {
    return await attempt(false);
  } catch (error) {
    if (error instanceof Refusal) {
      return error.result;
    }
    throw error;
  } finally {
    clearInterval(ticking);
    pause.close();
    signal.removeEventListener("abort", progress.end);
    progress.end();
  }
}
