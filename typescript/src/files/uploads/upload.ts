/** One upload from beginning to end: begin, send, commit. Loaded with the first one. */
import { type Begun, begin } from "./begin.js";
import { createGate } from "./gate.js";
import { persist } from "./persist.js";
import { createProgress } from "./progress.js";
import { accepted, Refused } from "./refused.js";
import { sendFile } from "./send-file.js";
import type { FilesContext, Switch, UploadOptions, UploadResult } from "./upload.js";

const PARALLEL = 3;

/** Well below the hundred parts whose addresses a ticket has. */
const PARALLEL_MAX = 16;

/** The server may have to read the whole file, or wait for storage to copy it. */
const COMMIT_MS = 600_000;

/** How often what the server misses at the end is sent again. */
const RESENDINGS = 2;

/** How often the page is told while nothing happens: the rate falls. */
const TICK_MS = 1000;

const path = <Parameters>(parameters: Parameters) => ({ params: { path: parameters } });

export async function run(
  file: File,
  options: UploadOptions & { signal: AbortSignal },
  control: Switch,
  context: FilesContext,
): Promise<UploadResult> {
  const { signal, purpose } = options;
  const { client, outside, retry } = context;
  const parallel = Math.max(1, Math.min(PARALLEL_MAX, options.parallel ?? PARALLEL));
  signal.throwIfAborted();

  const progress = createProgress({
    total: file.size,
    onProgress: options.onProgress,
    isPaused: () => control.isPaused,
    now: outside.now,
  });
  signal.addEventListener("abort", progress.end);
  const gate = createGate(control, signal, progress.turned);
  const persisting = { outside, retry, progress, signal };

  async function finish({ ticket, release }: Begun): Promise<UploadResult> {
    const { key } = ticket;
    // What cannot be discarded now is swept when its time is over.
    const discard = () => void client.DELETE("/files/upload/{key}", path({ key })).catch(() => {});
    const read = async () =>
      (await accepted(client.GET("/files/upload/{key}", path({ key })))).data;
    signal.addEventListener("abort", discard);
    try {
      if (signal.aborted) {
        discard();
      }
      for (let present = ticket, round = 0; ; round++) {
        progress.enter("uploading");
        const digests = await sendFile(file, present, { ...persisting, gate, parallel, read });
        await gate.open();
        progress.enter("committing");
        try {
          return await commit(key, digests);
        } catch (error) {
          const isIncomplete =
            error instanceof Refused && error.result.problem.code === "UPLOAD_INCOMPLETE";
          if (!isIncomplete || round === RESENDINGS) {
            throw error;
          }
          present = await persist(read, persisting);
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
    return persist(async () => {
      const made = await accepted(
        client.POST("/files/upload/commit", { body, timeoutMs: COMMIT_MS }),
      );
      if (signal.aborted) {
        // Given up while the server was at it.
        void client.DELETE("/files/{id}", path({ id: made.data.id })).catch(() => {});
      }
      return made;
    }, persisting);
  }

  async function attempt(isLast: boolean): Promise<UploadResult> {
    await gate.open();
    const person = context.subject();
    const begun = await persist(() => begin(file, purpose, signal, context), persisting);
    try {
      return await finish(begun);
    } catch (error) {
      // What one person began is never sent as another.
      const mayStartAnew = !isLast && context.subject() === person;
      if (!(error instanceof Refused && error.isGone && mayStartAnew)) {
        throw error;
      }
      progress.restart();
      return attempt(true);
    }
  }

  progress.tell();
  const ticking = setInterval(progress.tick, TICK_MS);
  try {
    return await attempt(false);
  } catch (error) {
    if (error instanceof Refused) {
      return error.result;
    }
    throw error;
  } finally {
    clearInterval(ticking);
    gate.close();
    signal.removeEventListener("abort", progress.end);
    progress.end();
  }
}
