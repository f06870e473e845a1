/** One person's notifications as a connection delivers them: in order, each once. */
import type { NotificationSummary, StoredNotification } from "../state.js";

/** So many of the latest are kept for tabs that miss some. */
const KEPT_MAX = 100;

/** The notifications that have arrived, and the summary. */
export interface NotificationLog {
  /** The number up to which all have arrived; `undefined`: nothing is known yet. */
  last(): number | undefined;
  summary(): NotificationSummary | null;
  /** Takes the server's summary. */
  update(summary: NotificationSummary): void;
  /** Goes on after the summary: the server no longer has the missing notifications. */
  reset(summary: NotificationSummary): void;
  /** @returns the number of the notification before it; `undefined`: it had arrived already. */
  add(notification: StoredNotification): number | undefined;
  /** Returns those after `seq`, each with the number before it; `null`: only the server still has them. */
  since(seq: number): { after: number; notification: StoredNotification }[] | null;
  /** Begins after `seq`. */
  rewind(seq: number): void;
  forget(): void;
}

/** Make an empty log. */
export function createNotificationLog(): NotificationLog {
  let last: number | undefined;
  let summary: NotificationSummary | null = null;
  // All after `floor`, up to `last`.
  let kept: StoredNotification[] = [];
  let floor = 0;

  function rewind(seq: number) {
    last = seq;
    floor = seq;
    kept = [];
  }

  function update({ seq, unread }: NotificationSummary) {
    if (last === undefined) {
      rewind(seq);
    }
    // Notifications that are newer than the summary count as well.
    const newer = kept.filter((each) => each.seq > seq && each.read_at === null);
    summary = { seq: Math.max(seq, newer.at(-1)?.seq ?? 0), unread: unread + newer.length };
  }

  return {
    last: () => last,
    summary: () => summary,
    update,
    reset(newSummary) {
      rewind(newSummary.seq);
      update(newSummary);
    },
    add(notification) {
      const { seq, read_at } = notification;
      const after = last;
      if (after === undefined || seq <= after) {
        return undefined;
      }
      last = seq;
      kept.push(notification);
      if (kept.length > KEPT_MAX) {
        floor = kept.shift()?.seq ?? floor;
      }
      if (summary && seq > summary.seq) {
        summary = { seq, unread: summary.unread + (read_at === null ? 1 : 0) };
      }
      return after;
    },
    since(from) {
      if (last === undefined || from < floor) {
        return null;
      }
      const missing = kept.filter(({ seq }) => seq > from);
      return missing.map((notification, index) => ({
        after: missing[index - 1]?.seq ?? from,
        notification,
      }));
    },
    rewind,
    forget() {
      rewind(0);
      last = undefined;
      summary = null;
    },
  };
}
