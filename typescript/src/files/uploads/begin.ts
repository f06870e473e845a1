import type { FilesContext, Ticket } from "../types.js";
import { claim } from "./claim.js";
import { fingerprintOf } from "./fingerprint.js";
import { Refusal, requireAccepted } from "./refusal.js";

/** An upload that this task has claimed. */
export interface ClaimedUpload {
  ticket: Ticket;
  /** Allows other tasks to continue it. */
  release(): void;
}

/**
 * Find the upload that another page left unfinished, or announce a new one.
 *
 * The announcement is never aborted: only with its answer the upload can be discarded.
 *
 * @throws Refusal, NetworkError, TimeoutError
 */
export async function begin(
  file: File,
  purpose: string | undefined,
  signal: AbortSignal,
  { client, outside }: FilesContext,
): Promise<ClaimedUpload> {
  const fingerprint = await fingerprintOf(file, purpose);
  signal.throwIfAborted();
  return (fingerprint && (await findUnfinished(fingerprint))) || announce();

  async function findUnfinished(own: string): Promise<ClaimedUpload | null> {
    const { data } = await requireAccepted(
      client.GET("/files/upload", { params: { query: { fingerprint: own } }, signal }),
    );
    for (const { key, size, ...item } of data.items) {
      const release =
        item.fingerprint === own && size === file.size && (await claim(key, outside.locks));
      if (release) {
        try {
          const path = { key };
          const { data: ticket } = await requireAccepted(
            client.GET("/files/upload/{key}", { params: { path }, signal }),
          );
          return { ticket, release };
        } catch (error) {
          release();
          if (!(error instanceof Refusal && error.isGone)) {
            throw error;
          }
        }
      }
    }
    return null;
  }

  async function announce(): Promise<ClaimedUpload> {
    signal.throwIfAborted();
    const { data: ticket } = await requireAccepted(
      client.POST("/files/upload/presign", {
        body: {
          name: file.name,
          content_type: file.type || "application/octet-stream",
          size: file.size,
          ...(purpose !== undefined && { purpose }),
          ...(fingerprint && { fingerprint }),
        },
      }),
    );
    const release = await claim(ticket.key, outside.locks);
    // No lock: another task that looked for the same file has claimed it first.
    return release ? { ticket, release } : announce();
  }
}
