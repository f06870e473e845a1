/** One person's notifications as they come over a connection: in order, each once. */
import type { Standing, Stored } from "./shared.js";

/** So many of the last are kept for tabs that lack some. */
const KEPT = 100;

export interface Stream {
  /** The number up to which all has come; `undefined`: nothing is known yet. */
  last(): number | undefined;
  standing(): Standing | null;
  /** The server says how things are. */
  tell(standing: Standing): void;
  /** The server cannot give what is missing: goes on from there. */
  reset(standing: Standing): void;
  /** @returns the number of the one before it; `undefined`: it came before. */
  take(notification: Stored): number | undefined;
  /** Those after `seen`, each with the number of the one before it; `null`: they have to be asked for. */
  since(seen: number): { after: number; notification: Stored }[] | null;
  /** Goes back, or begins there. */
  rewind(to: number): void;
  forget(): void;
}

export function createStream(): Stream {
  let last: number | undefined;
  let standing: Standing | null = null;
  // All after `floor`, up to `last`.
  let kept: Stored[] = [];
  let floor = 0;

  function begin(at: number) {
    last = at;
    floor = at;
    kept = [];
  }

  function tell({ seq, unread }: Standing) {
    if (last === undefined) {
      begin(seq);
    }
    // What came after the moment that the server speaks of counts as well.
    const since = kept.filter((one) => one.seq > seq && one.read_at === null);
    standing = { seq: Math.max(seq, since.at(-1)?.seq ?? 0), unread: unread + since.length };
  }

  return {
    last: () => last,
    standing: () => standing,
    tell,
    reset(told) {
      begin(told.seq);
      tell(told);
    },
    take(notification) {
      const { seq, read_at } = notification;
      const after = last;
      if (after === undefined || seq <= after) {
        return undefined;
      }
      last = seq;
      kept.push(notification);
      if (kept.length > KEPT) {
        floor = kept.shift()?.seq ?? floor;
      }
      if (standing && seq > standing.seq) {
        standing = { seq, unread: standing.unread + (read_at === null ? 1 : 0) };
      }
      return after;
    },
    since(seen) {
      if (last === undefined || seen < floor) {
        return null;
      }
      const missing = kept.filter(({ seq }) => seq > seen);
      return missing.map((notification, at) => ({
        after: missing[at - 1]?.seq ?? seen,
        notification,
      }));
    },
    rewind: begin,
    forget() {
      begin(0);
      last = undefined;
      standing = null;
    },
  };
}
