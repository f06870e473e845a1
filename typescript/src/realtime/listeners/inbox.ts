/** The notifications of one tab: in order, each once, whichever tab had the connection when they came. */
import { isolated } from "../../core/isolated.js";
import type { NotificationSummary, ServerEvent, StoredNotification } from "../state.js";
import { REALTIME_NAMESPACE, REALTIME_RESET_EVENT } from "../wire.js";
import type { Listeners } from "./listeners.js";
import { LOCAL } from "./subscriptions.js";

/** Passes notifications to the listeners of one tab. */
export interface Inbox {
  /** The number of the last notification that listeners heard; `null`: the page reads earlier ones over HTTP. */
  last(): number | null;
  receive(event: ServerEvent): void;
  /** Passes the summary to listeners that do not have it yet. */
  update(summary?: NotificationSummary | null): void;
  /** Begins anew, as for another person. */
  forget(): void;
}

/**
 * Make an empty inbox.
 *
 * @param onMissing is called when notifications after `last()` are missing.
 */
export function createInbox({ of, call }: Listeners, onMissing: () => void): Inbox {
  const informed = new WeakSet<object>();
  let last: number | null = null;
  /** The value of `last` when missing notifications were last asked for. */
  let askedAfter: number | null = null;
  let summary: NotificationSummary | null = null;

  /** Goes on after `seq`. What was asked for before that was for another beginning. */
  function moveTo(seq: number | null) {
    last = seq;
    askedAfter = null;
  }

  function begin({ seq }: NotificationSummary) {
    moveTo(seq);
    call(REALTIME_NAMESPACE, LOCAL.stale);
  }

  function take(notification: StoredNotification, after: number, present: number) {
    if (after > present) {
      if (askedAfter !== present) {
        askedAfter = present;
        onMissing();
      }
    } else if (notification.seq > present) {
      moveTo(notification.seq);
      call(REALTIME_NAMESPACE, notification.event, notification);
      call(REALTIME_NAMESPACE, LOCAL.any, notification);
    }
  }

  function update(newSummary = summary) {
    if (!newSummary) {
      return;
    }
    if (last === null) {
      begin(newSummary);
    }
    const { seq, unread } = newSummary;
    const hasChanged = seq !== summary?.seq || unread !== summary.unread;
    summary = newSummary;
    for (const subscription of of(REALTIME_NAMESPACE, LOCAL.unread)) {
      // A listener that subscribes later hears the present summary.
      if (hasChanged || !informed.has(subscription)) {
        informed.add(subscription);
        isolated(() => subscription.listener(...([unread, seq] as never[])));
      }
    }
  }

  return {
    last: () => last,
    receive({ name, data, after, summary: newSummary }) {
      if (newSummary && name === REALTIME_RESET_EVENT) {
        begin(newSummary);
      } else if (after !== undefined && last !== null) {
        take(data as StoredNotification, after, last);
      }
      update(newSummary);
    },
    update,
    forget() {
      moveTo(null);
      summary = null;
    },
  };
}
