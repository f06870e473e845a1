/**
 * One connection for all tabs of a login. Who holds a Web Lock has the connection, and leads; the others reach it over a
 * channel. Every tab holds a lock of its own, too, by which the one that leads learns that it is gone. Without locks or
 * channel, each tab leads itself.
 */
import type { Outside } from "../outside.js";
import type { Link } from "./link.js";
import { isMessage, type Message } from "./messages.js";
import type { Answer, Said, State, Wants } from "./shared.js";

export interface Relay {
  /**
   * What this tab wants.
   *
   * @param hurry whether to try at once, where a connection is waited for.
   */
  want(wants: Wants, hurry?: boolean): void;
  /** @throws Error when there is no connection, or it was lost. */
  call(path: string, name: string, body: unknown): Promise<Answer>;
  close(): void;
}

export interface RelayOptions {
  /** Of the locks and the channel. Another login has another one, so that nothing of it is heard here. */
  name: string;
  outside: Outside;
  /** The last notification that this tab has; `null`: none is missing. */
  seen(): number | null;
  openLink(told: { onState(state: State): void; onSaid(said: Said): void }): Link;
  onState(state: State): void;
  onSaid(said: Said): void;
}

/** A tab that leads and does not answer for so long is asleep or hangs: another one takes its place. */
const PATIENCE_MS = 5000;

export function createRelay(options: RelayOptions): Relay {
  const { name, outside, seen, onState, onSaid } = options;
  const { locks } = outside;
  const channel = locks && outside.openChannel(name);
  const me = channel ? crypto.randomUUID() : "alone";
  const closing = new AbortController();
  const { signal } = closing;
  const closed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const pending = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  const watched = new Set<string>();
  let calls = 0;
  let wants: Wants = {};
  /** While this tab leads. */
  let link: Link | null = null;
  let leader: string | null = null;
  /** Until somebody leads. */
  let led = Promise.resolve();
  let settle = () => {};
  let isPresent = false;
  let patience: AbortController | null = null;
  unled();

  function unled() {
    leader = null;
    led = new Promise((resolve) => {
      settle = resolve;
    });
  }

  function post(message: Message) {
    if (!signal.aborted) {
      channel?.postMessage(message);
    }
  }

  function lead(): Promise<void> {
    calm();
    fail();
    link = options.openLink({
      onState(state) {
        post({ kind: "state", leader: me, state });
        onState(state);
      },
      onSaid(said) {
        post({ kind: "said", leader: me, said });
        onSaid(said);
      },
    });
    leader = me;
    settle();
    link.want(me, wants, seen());
    return closed;
  }

  /** Another tab has taken the lock. */
  function stepDown() {
    link?.close();
    link = null;
    watched.clear();
    unled();
    ask(false);
  }

  /** Leads whenever it is this tab's turn. */
  async function queue(request: LockManager["request"]): Promise<void> {
    while (!signal.aborted) {
      try {
        await request(name, { signal }, lead);
      } catch {
        if (link) {
          stepDown();
        } else if (!signal.aborted) {
          // Locks that cannot be had here: this tab has a connection of its own.
          await lead();
        }
      }
    }
  }

  function take(request: LockManager["request"]) {
    request(name, { steal: true }, lead).catch(stepDown);
  }

  function ask(hurry: boolean) {
    if (!isPresent || signal.aborted) {
      return;
    }
    post({ kind: "want", tab: me, wants, seen: seen(), hurry });
    if (!patience && locks) {
      patience = new AbortController();
      outside.sleep(PATIENCE_MS, patience.signal).then(
        () => take(locks.request.bind(locks)),
        () => {},
      );
    }
  }

  function calm() {
    patience?.abort();
    patience = null;
  }

  /** What was asked of the one that led gets no answer. */
  function fail() {
    for (const { reject } of pending.values()) {
      reject(new Error("The tab with the connection is gone."));
    }
    pending.clear();
  }

  /** Until its lock is free: then the tab is gone, however it ended. */
  async function watch(tab: string): Promise<void> {
    watched.add(tab);
    await locks?.request(`${name}:${tab}`, { signal }, () => {});
    watched.delete(tab);
    link?.drop(tab);
  }

  function follow(from: string) {
    calm();
    if (leader !== from) {
      fail();
      leader = from;
      settle();
      ask(false);
    }
  }

  function hear(message: Message) {
    if (link) {
      serve(link, message);
    } else if (message.kind === "state") {
      follow(message.leader);
      onState(message.state);
    } else if (message.kind === "said") {
      follow(message.leader);
      onSaid(message.said);
    } else if (message.kind === "answer" && message.tab === me) {
      const call = pending.get(message.id);
      pending.delete(message.id);
      if (message.answer) {
        call?.resolve(message.answer);
      } else {
        call?.reject(new Error("The connection was lost."));
      }
    }
  }

  function serve(own: Link, message: Message) {
    if (message.kind === "want") {
      const { tab } = message;
      own.want(tab, message.wants, message.seen);
      if (message.hurry) {
        own.hurry();
      }
      if (!watched.has(tab)) {
        watch(tab).catch(() => {});
      }
    } else if (message.kind === "call") {
      const { tab, id, path, name: event, body } = message;
      own.call(path, event, body).then(
        (answer) => post({ kind: "answer", tab, id, answer }),
        () => post({ kind: "answer", tab, id }),
      );
    }
  }

  if (locks && channel) {
    const request = locks.request.bind(locks);
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (!signal.aborted && isMessage(data)) {
        hear(data);
      }
    });
    request(`${name}:${me}`, { signal }, () => {
      isPresent = true;
      ask(false);
      return closed;
    }).catch(() => {});
    void queue(request);
  } else {
    void lead();
  }

  return {
    want(now, hurry = false) {
      wants = now;
      if (link) {
        link.want(me, wants, seen());
        if (hurry) {
          link.hurry();
        }
      } else {
        ask(hurry);
      }
    },
    async call(path, event, body) {
      await led;
      if (link) {
        return link.call(path, event, body);
      }
      calls += 1;
      const id = calls;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        post({ kind: "call", tab: me, id, path, name: event, body });
      });
    },
    close() {
      closing.abort();
      calm();
      link?.close();
      channel?.close();
      fail();
    },
  };
}
