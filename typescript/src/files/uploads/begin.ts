/** Finds the upload that another page left unfinished, or announces a new one. */
import { claim } from "./claim.js";
import { fingerprint } from "./fingerprint.js";
import type { Ticket } from "./paths.js";
import { accepted, Refused } from "./refused.js";
import type { FilesContext } from "./upload.js";

export interface Begun {
  ticket: Ticket;
  /** Lets other tasks continue it. */
  release(): void;
}

/**
 * Once announced it always comes to an answer, whose upload can then be discarded.
 *
 * @throws Refused, NetworkError, TimeoutError
 */
export async function begin(
  file: File,
  purpose: string | undefined,
  signal: AbortSignal,
  { client, outside }: FilesContext,
): Promise<Begun> {
  const mark = await fingerprint(file, purpose);
  signal.throwIfAborted();
  return (mark && (await find(mark))) || announce(mark);

  async function find(own: string): Promise<Begun | null> {
    const { data } = await accepted(
      client.GET("/files/upload", { params: { query: { fingerprint: own } }, signal }),
    );
    for (const { key, size, ...item } of data.items) {
      const release =
        item.fingerprint === own && size === file.size && (await claim(key, outside.locks));
      if (release) {
        try {
          const path = { key };
          const { data: ticket } = await accepted(
            client.GET("/files/upload/{key}", { params: { path }, signal }),
          );
          return { ticket, release };
        } catch (error) {
          release();
          if (!(error instanceof Refused && error.isGone)) {
            throw error;
          }
        }
      }
    }
    return null;
  }

  async function announce(own: string | undefined): Promise<Begun> {
    signal.throwIfAborted();
    const { data: ticket } = await accepted(
      client.POST("/files/upload/presign", {
        body: {
          name: file.name,
          content_type: file.type || "application/octet-stream",
          size: file.size,
          ...(purpose !== undefined && { purpose }),
          ...(own && { fingerprint: own }),
        },
      }),
    );
    const release = await claim(ticket.key, outside.locks);
    // Another task, which was looking for the same file, was faster.
    return release ? { ticket, release } : announce(own);
  }
}
