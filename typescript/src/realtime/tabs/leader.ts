/**
 * One connection for all tabs of a login. The tab that holds a Web Lock is the leader and has the connection; the
 * others, the followers, reach it over a channel. Every tab also holds a lock of its own, by which the leader learns
 * that the tab is gone. Without locks or a channel each tab is a leader.
 */
import type { Outside } from "../../core/outside.js";
import type { ReconnectingConnection } from "../connections/reconnect.js";
import type { Acknowledgement, Deadline, ServerEvent, SharedState, WantedRooms } from "../state.js";
import { isMessage, type Message } from "./messages.js";

/** The connection as one tab uses it, whichever tab has it. */
export interface SharedConnection {
  /**
   * Sets the namespaces and rooms that this tab wants.
   *
   * @param hurry ends the wait between two tries.
   */
  want(wanted: WantedRooms, hurry?: boolean): void;
  /** @throws Error when there is no connection, it was lost, or there was none before the deadline. */
  emit(path: string, name: string, body: unknown, deadline: Deadline): Promise<Acknowledgement>;
  close(): void;
}

/** The dependencies of a shared connection. */
export interface SharedConnectionOptions {
  /**
   * The name of the locks and the channel. Each login has its own, so that nothing of another one arrives, and so has
   * each version of the messages.
   */
  name: string;
  outside: Outside;
  /** The number of the last notification that this tab has; `null`: none is missing. */
  last(): number | null;
  /** Opens the connection, when this tab becomes the leader. */
  connect(handlers: {
    onState(state: SharedState): void;
    onEvent(event: ServerEvent): void;
  }): ReconnectingConnection;
  onState(state: SharedState): void;
  onEvent(event: ServerEvent): void;
}

/** A leader that does not answer for so long is asleep or hangs: another tab takes its place. */
const PATIENCE_MS = 5000;

/**
 * What a tab is, at any moment one of these:
 *
 * - a follower, until it gets the lock. `leader` is the tab that it has heard of; `null`: of none yet.
 * - the leader, with the connection, as long as it keeps `lock`, the last one that it got. It becomes a follower when
 *   another tab takes that.
 * - closed, for ever: a lock that it gets now is given back at once.
 */
type Role =
  | { kind: "follower"; leader: string | null }
  | { kind: "leader"; connection: ReconnectingConnection; lock: object }
  | { kind: "closed" };

/** Share a connection with the other tabs, as leader or follower. */
export function shareConnection(options: SharedConnectionOptions): SharedConnection {
  const { name, outside, last, onState, onEvent } = options;
  const { locks } = outside;
  const channel = locks && outside.openChannel(name);
  const me = channel ? crypto.randomUUID() : "alone";
  const closing = new AbortController();
  const { signal } = closing;
  const closed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const pending = new Map<
    number,
    { resolve(acknowledgement: Acknowledgement): void; reject(error: Error): void }
  >();
  const watchedTabs = new Set<string>();
  let calls = 0;
  let wanted: WantedRooms = {};
  let role: Role = { kind: "follower", leader: null };
  /** Called at the next change of the role. */
  const waiting: (() => void)[] = [];
  let hasOwnLock = false;
  let patience: AbortController | null = null;

  /** The connection, while this tab is the leader. */
  const ownConnection = () => (role.kind === "leader" ? role.connection : null);

  /** Changes the role. What the role before had is given up. */
  function become(next: Role) {
    const before = ownConnection();
    role = next;
    if (before && before !== ownConnection()) {
      before.close();
      watchedTabs.clear();
    }
    endPatience();
    rejectPending();
    for (const goOn of waiting.splice(0)) {
      goOn();
    }
  }

  function post(message: Message) {
    if (role.kind !== "closed") {
      channel?.postMessage(message);
    }
  }

  /** Leads with a lock that this tab got. Returns how long it keeps the lock. */
  function lead(lock: object): Promise<void> | undefined {
    if (role.kind === "closed") {
      return undefined;
    }
    if (role.kind === "leader") {
      role.lock = lock;
      return closed;
    }
    const connection = options.connect({
      onState(state) {
        post({ kind: "state", leader: me, state });
        onState(state);
      },
      onEvent(event) {
        post({ kind: "event", leader: me, event });
        onEvent(event);
      },
    });
    become({ kind: "leader", connection, lock });
    connection.want(me, wanted, last());
    return closed;
  }

  /** Waits for the lock, and leads until it is lost. Returns whether this tab got it. */
  async function holdLock(manager: Pick<LockManager, "request">, how: LockOptions) {
    const lock = {};
    let wasGranted = false;
    try {
      await manager.request(name, how, () => {
        wasGranted = true;
        return lead(lock);
      });
    } catch {
      // Another tab has taken it, this one has been closed, or locks do not work here.
    }
    if (role.kind === "leader" && role.lock === lock) {
      become({ kind: "follower", leader: null });
      askLeader(false);
    }
    return wasGranted;
  }

  /** Leads whenever it is this tab's turn. */
  async function queue(manager: Pick<LockManager, "request">): Promise<void> {
    while (!signal.aborted) {
      if (!(await holdLock(manager, { signal }))) {
        // Locks do not work here: this tab has a connection of its own.
        await lead({});
      }
    }
  }

  function askLeader(hurry: boolean) {
    if (!hasOwnLock || role.kind !== "follower") {
      return;
    }
    post({ kind: "want", tab: me, wanted, last: last(), hurry });
    if (!patience && locks) {
      patience = new AbortController();
      outside.sleep(PATIENCE_MS, patience.signal).then(
        () => {
          patience = null;
          return holdLock(locks, { steal: true });
        },
        () => {},
      );
    }
  }

  function endPatience() {
    patience?.abort();
    patience = null;
  }

  /** Rejects events that the leader before has not acknowledged. */
  function rejectPending() {
    for (const { reject } of pending.values()) {
      reject(new Error("The tab with the connection is gone."));
    }
    pending.clear();
  }

  /** Waits until the tab's lock is free: then the tab is gone, however it ended. */
  async function watch(tab: string): Promise<void> {
    watchedTabs.add(tab);
    await locks?.request(`${name}:${tab}`, { signal }, () => {});
    watchedTabs.delete(tab);
    ownConnection()?.drop(tab);
  }

  function follow(leader: string) {
    endPatience();
    if (role.kind === "follower" && role.leader !== leader) {
      become({ kind: "follower", leader });
      askLeader(false);
    }
  }

  function receive(message: Message) {
    if (role.kind === "leader") {
      serve(role.connection, message);
    } else if (message.kind === "state") {
      follow(message.leader);
      onState(message.state);
    } else if (message.kind === "event") {
      follow(message.leader);
      onEvent(message.event);
    } else if (message.kind === "acknowledgement" && message.tab === me) {
      const call = pending.get(message.id);
      pending.delete(message.id);
      if (message.acknowledgement) {
        call?.resolve(message.acknowledgement);
      } else {
        call?.reject(new Error("The connection was lost."));
      }
    }
  }

  /** Carries out a follower's message, as the leader. */
  function serve(own: ReconnectingConnection, message: Message) {
    if (message.kind === "want") {
      const { tab } = message;
      own.want(tab, message.wanted, message.last);
      if (message.hurry) {
        own.hurry();
      }
      if (!watchedTabs.has(tab)) {
        watch(tab).catch(() => {});
      }
    } else if (message.kind === "emit") {
      const { tab, id, path, name: event, body, until } = message;
      own.emit(path, event, body, { until }).then(
        (acknowledgement) => post({ kind: "acknowledgement", tab, id, acknowledgement }),
        () => post({ kind: "acknowledgement", tab, id }),
      );
    }
  }

  if (locks && channel) {
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (role.kind !== "closed" && isMessage(data)) {
        receive(data);
      }
    });
    locks
      .request(`${name}:${me}`, { signal }, () => {
        hasOwnLock = true;
        askLeader(false);
        return closed;
      })
      .catch(() => {});
    void queue(locks);
  } else {
    void lead({});
  }

  return {
    want(nowWanted, hurry = false) {
      wanted = nowWanted;
      const own = ownConnection();
      own?.want(me, wanted, last());
      if (own && hurry) {
        own.hurry();
      }
      askLeader(hurry);
    },
    async emit(path, event, body, deadline) {
      while (role.kind === "follower" && role.leader === null) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      const own = ownConnection();
      if (own) {
        return own.emit(path, event, body, deadline);
      }
      if (signal.aborted) {
        throw new Error("The client is closed.");
      }
      calls += 1;
      const id = calls;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        post({ kind: "emit", tab: me, id, path, name: event, body, until: deadline.until });
      });
    },
    close() {
      become({ kind: "closed" });
      closing.abort();
      channel?.close();
    },
  };
}
