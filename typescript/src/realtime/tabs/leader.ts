/**
 * One connection for all tabs of a login. The tab that holds a Web Lock is the leader and has the connection; the
 * others, the followers, reach it over a channel. Every tab also holds a lock of its own, by which the leader learns
 * that the tab is gone. Without locks or a channel each tab is a leader.
 */
import type { Outside } from "../../core/outside.js";
import type { ReconnectingConnection } from "../connections/reconnect.js";
import type { Acknowledgement, ServerEvent, SharedState, WantedRooms } from "../state.js";
import { isMessage, type Message } from "./messages.js";

/** The connection as one tab uses it, whichever tab has it. */
export interface SharedConnection {
  /**
   * Sets the namespaces and rooms that this tab wants.
   *
   * @param hurry ends the wait between two tries.
   */
  want(wanted: WantedRooms, hurry?: boolean): void;
  /** @throws Error when there is no connection, or it was lost. */
  emit(path: string, name: string, body: unknown): Promise<Acknowledgement>;
  close(): void;
}

/** The dependencies of a shared connection. */
export interface SharedConnectionOptions {
  /** The name of the locks and the channel. Each login has its own, so that nothing of another one arrives. */
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
  /** The connection while this tab is the leader. */
  let connection: ReconnectingConnection | null = null;
  let leader: string | null = null;
  /** Resolves when there is a leader. */
  let hasLeader = Promise.resolve();
  let resolveLeader = () => {};
  let hasOwnLock = false;
  let patience: AbortController | null = null;
  forgetLeader();

  function forgetLeader() {
    leader = null;
    hasLeader = new Promise((resolve) => {
      resolveLeader = resolve;
    });
  }

  function post(message: Message) {
    if (!signal.aborted) {
      channel?.postMessage(message);
    }
  }

  function lead(): Promise<void> {
    endPatience();
    rejectPending();
    connection = options.connect({
      onState(state) {
        post({ kind: "state", leader: me, state });
        onState(state);
      },
      onEvent(event) {
        post({ kind: "event", leader: me, event });
        onEvent(event);
      },
    });
    leader = me;
    resolveLeader();
    connection.want(me, wanted, last());
    return closed;
  }

  /** Gives the lead up: another tab has taken the lock. */
  function stepDown() {
    connection?.close();
    connection = null;
    watchedTabs.clear();
    forgetLeader();
    askLeader(false);
  }

  /** Leads whenever it is this tab's turn. */
  async function queue(request: LockManager["request"]): Promise<void> {
    while (!signal.aborted) {
      try {
        await request(name, { signal }, lead);
      } catch {
        if (connection) {
          stepDown();
        } else if (!signal.aborted) {
          // Locks do not work here: this tab has a connection of its own.
          await lead();
        }
      }
    }
  }

  function takeLead(request: LockManager["request"]) {
    request(name, { steal: true }, lead).catch(stepDown);
  }

  function askLeader(hurry: boolean) {
    if (!hasOwnLock || signal.aborted) {
      return;
    }
    post({ kind: "want", tab: me, wanted, last: last(), hurry });
    if (!patience && locks) {
      patience = new AbortController();
      outside.sleep(PATIENCE_MS, patience.signal).then(
        () => takeLead(locks.request.bind(locks)),
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
    connection?.drop(tab);
  }

  function follow(newLeader: string) {
    endPatience();
    if (leader !== newLeader) {
      rejectPending();
      leader = newLeader;
      resolveLeader();
      askLeader(false);
    }
  }

  function receive(message: Message) {
    if (connection) {
      serve(connection, message);
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
      const { tab, id, path, name: event, body } = message;
      own.emit(path, event, body).then(
        (acknowledgement) => post({ kind: "acknowledgement", tab, id, acknowledgement }),
        () => post({ kind: "acknowledgement", tab, id }),
      );
    }
  }

  if (locks && channel) {
    const request = locks.request.bind(locks);
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (!signal.aborted && isMessage(data)) {
        receive(data);
      }
    });
    request(`${name}:${me}`, { signal }, () => {
      hasOwnLock = true;
      askLeader(false);
      return closed;
    }).catch(() => {});
    void queue(request);
  } else {
    void lead();
  }

  return {
    want(nowWanted, hurry = false) {
      wanted = nowWanted;
      if (connection) {
        connection.want(me, wanted, last());
        if (hurry) {
          connection.hurry();
        }
      } else {
        askLeader(hurry);
      }
    },
    async emit(path, event, body) {
      await hasLeader;
      if (connection) {
        return connection.emit(path, event, body);
      }
      calls += 1;
      const id = calls;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        post({ kind: "emit", tab: me, id, path, name: event, body });
      });
    },
    close() {
      closing.abort();
      endPatience();
      connection?.close();
      channel?.close();
      rejectPending();
    },
  };
}
