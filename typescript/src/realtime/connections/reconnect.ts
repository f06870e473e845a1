/** A connection that is made again whenever it is lost, while there is a login and a tab wants something. */
import { CREDENTIAL_REFUSED, type Problem } from "../../contract/problem.js";
import { oncePerTurn } from "../../core/once-per-turn.js";
import {
  type Acknowledgement,
  type Deadline,
  isStoredNotification,
  isSummary,
  mergeWanted,
  type NamespaceState,
  type ServerEvent,
  type SharedState,
  type WantedRooms,
} from "../state.js";
import type { RealtimeStatus } from "../status.js";
import { REALTIME_NAMESPACE, REALTIME_RESET_EVENT } from "../wire.js";
import { createAttempts } from "./attempts.js";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.js";
import { createNotificationLog } from "./notification-log.js";

/** The dependencies of a reconnecting connection. */
export interface ReconnectingOptions
  extends Pick<ConnectionOptions, "accessToken" | "baseUrl" | "login" | "outside" | "token"> {
  /** Asks the authority for the login. */
  session(options: { fresh: true }): Promise<unknown>;
  /** Passes the present state to all tabs. */
  onState(state: SharedState): void;
  onEvent(event: ServerEvent): void;
}

/** The connection of all tabs that share one. */
export interface ReconnectingConnection {
  /**
   * Sets the namespaces and rooms that a tab wants.
   *
   * @param last the number of the last notification that the tab has; `null`: none is missing.
   */
  want(tab: string, wanted: WantedRooms, last: number | null): void;
  /** Forgets a tab that is gone. */
  drop(tab: string): void;
  /** Ends the wait between two tries. */
  hurry(): void;
  state(): SharedState;
  /** @throws Error when there is no connection, or there was none before the deadline. */
  emit(path: string, name: string, body: unknown, deadline: Deadline): Promise<Acknowledgement>;
  close(): void;
}

/** Make a connection that begins as soon as a tab wants something. */
export function createReconnecting(options: ReconnectingOptions): ReconnectingConnection {
  const { outside, onEvent } = options;
  const tabs = new Map<string, WantedRooms>();
  const log = createNotificationLog();
  let connection: Connection | null = null;
  const attempts = createAttempts(outside);
  /** The status of every namespace that has none of its own. */
  let phase: RealtimeStatus = { state: "connecting" };
  let isRenewing = false;
  let hasRenewed = false;
  let waiting = new AbortController();
  let isClosed = false;

  const reportState = oncePerTurn(() => {
    if (!isClosed) {
      options.onState(state());
    }
  });
  const allWanted = () => mergeWanted(tabs.values());

  function update() {
    if (isClosed) {
      return;
    }
    const wanted = allWanted();
    if (!wanted[REALTIME_NAMESPACE]) {
      log.forget();
    }
    if (connection) {
      connection.setWanted(wanted);
    } else if (!isRenewing && phase.state !== "waiting") {
      start();
    }
    reportState();
  }

  function start() {
    phase = attempts.connecting();
    connection = openConnection({
      ...options,
      last: log.last,
      onChange,
      onEvent: receive,
      onLost,
    });
    connection.setWanted(allWanted());
    reportState();
  }

  function onChange() {
    if ([...(connection?.namespaces.values() ?? [])].some((namespace) => namespace.isOpen())) {
      attempts.opened();
    }
    reportState();
  }

  function stop() {
    connection?.close();
    connection = null;
    waiting.abort();
    waiting = new AbortController();
  }

  function onLost(problem?: Problem) {
    connection = null;
    if (attempts.lost()) {
      hasRenewed = false;
    }
    if (problem && CREDENTIAL_REFUSED.has(problem.code)) {
      void renewCredential(problem);
    } else {
      void wait(problem);
    }
  }

  /** Asks the authority. If the login has ended, the authority tells all tabs, and this connection is closed. */
  async function renewCredential(problem: Problem): Promise<void> {
    const { signal } = waiting;
    const isFirst = !hasRenewed;
    hasRenewed = true;
    isRenewing = true;
    phase = attempts.connecting();
    reportState();
    try {
      if ((await options.accessToken({ fresh: true })) === null) {
        await options.session({ fresh: true });
      }
    } catch {
      // The authority cannot be reached. The next handshake shows whether the login lives.
    }
    isRenewing = false;
    if (signal.aborted) {
      return;
    }
    if (isFirst) {
      start();
    } else {
      await wait(problem);
    }
  }

  async function wait(problem?: Problem): Promise<void> {
    const { signal } = waiting;
    const { ms, status } = attempts.wait(problem);
    phase = status;
    reportState();
    await outside.sleep(ms, signal).then(start, () => {});
  }

  function receive(path: string, name: string, data: unknown) {
    if (path !== REALTIME_NAMESPACE) {
      onEvent({ path, name, data });
      return;
    }
    const after = isStoredNotification(data) ? log.add(data) : undefined;
    if (isSummary(data)) {
      if (name === REALTIME_RESET_EVENT) {
        log.reset(data);
      } else {
        log.update(data);
      }
    } else if (after === undefined) {
      return;
    }
    onEvent({ path, name, data, after, summary: log.summary() });
  }

  /** Repeats the notifications after `seq`, or has the server send them again. */
  function repeatAfter(seq: number) {
    const last = log.last();
    if (last !== undefined && seq >= last) {
      return;
    }
    const missing = log.since(seq);
    if (!missing) {
      log.rewind(seq);
      if (connection?.hasSentLast()) {
        stop();
        start();
      }
    }
    for (const { after, notification } of missing ?? []) {
      const { event: name } = notification;
      onEvent({
        path: REALTIME_NAMESPACE,
        name,
        data: notification,
        after,
        summary: log.summary(),
      });
    }
  }

  function state(): SharedState {
    const namespaces = Object.keys(allWanted()).map((path): [string, NamespaceState] => {
      const namespace = connection?.namespaces.get(path);
      return [path, { status: namespace?.status() ?? phase, rooms: namespace?.rooms() ?? {} }];
    });
    return { namespaces: Object.fromEntries(namespaces), summary: log.summary() };
  }

  return {
    want(tab, wanted, last) {
      tabs.set(tab, wanted);
      if (last !== null && wanted[REALTIME_NAMESPACE]) {
        repeatAfter(last);
      }
      update();
    },
    drop(tab) {
      tabs.delete(tab);
      update();
    },
    hurry() {
      if (connection) {
        connection.hurry();
      } else if (phase.state === "waiting" && !isClosed) {
        stop();
        start();
      }
    },
    state,
    async emit(path, name, body, deadline) {
      if (!connection) {
        throw new Error("There is no connection.");
      }
      return connection.emit(path, name, body, deadline);
    },
    close() {
      isClosed = true;
      stop();
    },
  };
}
