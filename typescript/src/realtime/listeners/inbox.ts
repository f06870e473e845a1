/** The notifications of one tab: told in order, each once, whichever tab had the connection when they came. */
import { isolated } from "../isolated.js";
import type { Said, Standing, Stored } from "./shared.js";
import type { Teller } from "./teller.js";
import { REALTIME_NAMESPACE, REALTIME_RESET_EVENT } from "./wire.js";
import { OWN } from "./wishes.js";

export interface Inbox {
  /** The number of the last one that was told; `null`: what was before is read over HTTP. */
  seen(): number | null;
  hear(said: Said): void;
  /** Tells how things are, where that is news to somebody. */
  inform(standing?: Standing | null): void;
  /** Begins anew, as for another person. */
  forget(): void;
}

/** @param lacks is called when some have been missed, which `seen()` tells. */
export function createInbox({ of, tell }: Teller, lacks: () => void): Inbox {
  const informed = new WeakSet<object>();
  let seen: number | null = null;
  /** It, when those after it were asked for. */
  let asked: number | null = null;
  let standing: Standing | null = null;

  function begin({ seq }: Standing) {
    seen = seq;
    tell(REALTIME_NAMESPACE, OWN.stale);
  }

  function take(notification: Stored, after: number, last: number) {
    if (after > last) {
      if (asked !== last) {
        asked = last;
        lacks();
      }
    } else if (notification.seq > last) {
      seen = notification.seq;
      tell(REALTIME_NAMESPACE, notification.event, notification);
      tell(REALTIME_NAMESPACE, OWN.any, notification);
    }
  }

  function inform(told = standing) {
    if (!told) {
      return;
    }
    if (seen === null) {
      begin(told);
    }
    const { seq, unread } = told;
    const isNews = seq !== standing?.seq || unread !== standing.unread;
    standing = told;
    for (const each of of(REALTIME_NAMESPACE, OWN.unread)) {
      // Who subscribes later hears how things are.
      if (isNews || !informed.has(each)) {
        informed.add(each);
        isolated(() => each.listener(...([unread, seq] as never[])));
      }
    }
  }

  return {
    seen: () => seen,
    hear({ name, data, after, standing: told }) {
      if (told && name === REALTIME_RESET_EVENT) {
        begin(told);
      } else if (after !== undefined && seen !== null) {
        take(data as Stored, after, seen);
      }
      inform(told);
    },
    inform,
    forget() {
      seen = null;
      standing = null;
    },
  };
}
