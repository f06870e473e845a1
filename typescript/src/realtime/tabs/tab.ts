/** This tab: follows the login, and passes events of the server to the page. Loaded with the first subscription. */
import { NetworkError } from "../../contract/network-error.js";
import { isProblem, toProblem } from "../../contract/problem.js";
import { TimeoutError } from "../../contract/timeout-error.js";
import { oncePerTurn } from "../../core/once-per-turn.js";
import type { Outside } from "../../core/outside.js";
import { singleFlight } from "../../core/single-flight.js";
import type { CredentialSource } from "../connections/connection.js";
import { createReconnecting } from "../connections/reconnect.js";
import { reconnectWait } from "../connections/reconnect-wait.js";
import { createInbox } from "../listeners/inbox.js";
import { createListeners } from "../listeners/listeners.js";
import { createRooms } from "../listeners/rooms.js";
import { LOCAL, type Subscriptions } from "../listeners/subscriptions.js";
import {
  type Acknowledgement,
  type Deadline,
  mergeWanted,
  type SharedState,
  type WantedRooms,
} from "../state.js";
import type { RealtimeStatus } from "../status.js";
import {
  REALTIME_ACK_TIMEOUT_MS,
  REALTIME_NAMESPACE,
  REALTIME_PATH,
  REALTIME_RESET_EVENT,
} from "../wire.js";
import { createHttpFallback, type NotificationPage } from "./http-fallback.js";
import { type SharedConnection, shareConnection } from "./leader.js";
import { PROTOCOL } from "./messages.js";
import { followPage } from "./page-lifecycle.js";

interface Person {
  /** The id of the login. */
  id: string;
  subject: string;
}

/** The parts of the client that realtime needs. */
export interface RealtimeContext {
  baseUrl: string;
  outside: Outside;
  login: {
    /** The person who is signed in; `undefined`: not asked for yet. */
    current(): Person | null | undefined;
    /** The present access token, and from when on it is to be renewed. */
    token: CredentialSource["token"];
    events: {
      on(name: "signed-in" | "signed-out" | "session-expired", listener: () => void): () => void;
    };
  };
  /** Asks the server who is signed in. */
  session(options?: { fresh?: boolean }): Promise<unknown>;
  accessToken: CredentialSource["accessToken"];
}

/** This tab's share of realtime. */
export interface Tab {
  /** Carries out the present subscriptions. */
  update(): void;
  /**
   * Emits an event and waits for the acknowledgement.
   *
   * @throws NetworkError when there is no connection, or it was lost before the acknowledgement.
   * @throws TimeoutError when that took too long.
   */
  emit(path: string, name: string, body: unknown): Promise<Acknowledgement>;
}

const NO_STATE: SharedState = { namespaces: {}, summary: null };
const IDLE: RealtimeStatus = { state: "idle" };
const CONNECTING: RealtimeStatus = { state: "connecting" };

/**
 * Make this tab's share of realtime.
 *
 * @param signal closes it.
 */
export function createTab(
  context: RealtimeContext,
  subscriptions: Subscriptions,
  signal: AbortSignal,
): Tab {
  const { baseUrl, outside, session, accessToken } = context;
  const { current, token, events } = context.login;
  /** Namespaces that something was emitted to. They stay open. */
  const emittedTo = new Set<string>();
  const statuses = new Map<string, RealtimeStatus>();
  const listeners = createListeners(subscriptions);
  const inbox = createInbox(listeners, () => connection?.want(wanted));
  const updateRooms = createRooms(subscriptions.rooms);
  let connection: SharedConnection | null = null;
  /** The person for whom there is a connection. */
  let connectedPerson: Person | null = null;
  /** The person of the notifications in the inbox. */
  let inboxSubject: string | undefined;
  let wanted: WantedRooms = {};
  let state = NO_STATE;
  let isStopped = false;
  /** Whether notifications have come over HTTP since the connection was lost. */
  let hasAsked = false;

  const askOverHttp = createHttpFallback(
    {
      baseUrl,
      outside,
      accessToken,
      missing: () => (isMissing() ? connection : null),
      take: takePage,
    },
    signal,
  );

  /** Whether notifications are wanted, and neither arrive nor are refused. */
  function isMissing(): boolean {
    const status = state.namespaces[REALTIME_NAMESPACE]?.status ?? CONNECTING;
    const isUnderWay = status.state === "connecting" || status.state === "waiting";
    return connection !== null && Boolean(wanted[REALTIME_NAMESPACE]) && isUnderWay;
  }

  function takePage({ items, summary, hasMore }: NotificationPage): boolean {
    const before = inbox.last();
    hasAsked = true;
    if (before !== null && hasMore && (items[0]?.seq ?? 0) > before + 1) {
      inbox.receive({
        path: REALTIME_NAMESPACE,
        name: REALTIME_RESET_EVENT,
        data: summary,
        summary,
      });
    } else {
      for (const data of before === null ? [] : items) {
        const after = inbox.last() ?? 0;
        inbox.receive({ path: REALTIME_NAMESPACE, name: data.event, data, after });
      }
      inbox.update(summary);
    }
    // The connection is to begin after these, when it opens.
    connection?.want(wanted);
    return inbox.last() !== before;
  }

  const updateSoon = oncePerTurn(update);

  function update() {
    const before = JSON.stringify(wanted);
    wanted = wantedBy(subscriptions, emittedTo);
    const isIdle = isStopped || signal.aborted || Object.keys(wanted).length === 0;
    const person = isIdle ? null : current();
    if (!wanted[REALTIME_NAMESPACE]) {
      inbox.forget();
    }
    if (person === undefined) {
      void learnLogin();
    } else if (person?.id !== connectedPerson?.id) {
      connectFor(person);
    } else if (JSON.stringify(wanted) !== before) {
      connection?.want(wanted);
    }
    reportState();
    inbox.update();
  }

  const learnLogin = singleFlight(async () => {
    for (let failures = 1; current() === undefined && !signal.aborted; failures++) {
      await session()
        .catch(() => outside.sleep(reconnectWait(failures, outside.random()), signal))
        .catch(() => {});
    }
    update();
  });

  function connectFor(person: Person | null) {
    connection?.close();
    connection = null;
    connectedPerson = person;
    state = NO_STATE;
    if (person) {
      if (person.subject !== inboxSubject) {
        inbox.forget();
        inboxSubject = person.subject;
      }
      connection = openConnection(person.id);
      connection.want(wanted);
    }
  }

  function openConnection(login: string): SharedConnection {
    return shareConnection({
      name: `dovetail:realtime:${PROTOCOL}:${baseUrl}:${login}`,
      outside,
      last: inbox.last,
      connect: (handlers) =>
        createReconnecting({ baseUrl, outside, login, token, accessToken, session, ...handlers }),
      onState(newState) {
        state = newState;
        hasAsked &&= isMissing();
        // The connection's summary is older than that of the page that was asked for.
        if (wanted[REALTIME_NAMESPACE] && !hasAsked) {
          inbox.update(newState.summary);
        }
        reportState();
      },
      onEvent(event) {
        if (event.path !== REALTIME_NAMESPACE) {
          listeners.call(event.path, event.name, event.data);
        } else if (wanted[REALTIME_NAMESPACE]) {
          inbox.receive(event);
        }
      },
    });
  }

  function reportState() {
    for (const path of new Set([...statuses.keys(), ...Object.keys(wanted)])) {
      const connected = state.namespaces[path]?.status ?? CONNECTING;
      const status = connection && wanted[path] ? connected : IDLE;
      if (JSON.stringify(status) !== JSON.stringify(subscriptions.status(path))) {
        statuses.set(path, status);
        listeners.call(path, LOCAL.status, status);
      }
    }
    updateRooms(state);
    if (isMissing()) {
      void askOverHttp();
    }
  }

  async function emit(
    path: string,
    name: string,
    body: unknown,
    deadline: Deadline,
  ): Promise<Acknowledgement> {
    try {
      await session();
    } catch (error) {
      const { problem } = error as { problem?: unknown };
      if (isProblem(problem)) {
        return { problem };
      }
      throw error;
    }
    if (!current()) {
      return { problem: toProblem(undefined, new Response(null, { status: 401 }), 0) };
    }
    update();
    try {
      if (!connection) {
        throw new Error("The client is closed.");
      }
      return await connection.emit(path, name, body, deadline);
    } catch (cause) {
      throw new NetworkError(new Request(`${baseUrl}${REALTIME_PATH}${path}`), cause);
    }
  }

  async function withTimeout(
    pending: Promise<Acknowledgement>,
    deadline: Deadline,
  ): Promise<Acknowledgement> {
    const ending = new AbortController();
    const timeout = outside.sleep(REALTIME_ACK_TIMEOUT_MS, ending.signal).then(() => {
      // Also where the clock and the timer differ: told of the timeout, nobody expects that it is sent.
      deadline.until = 0;
      throw new TimeoutError(REALTIME_ACK_TIMEOUT_MS);
    });
    try {
      return await Promise.race([pending, timeout]);
    } finally {
      timeout.catch(() => {});
      ending.abort();
    }
  }

  function setStopped(isNowStopped: boolean) {
    isStopped = isNowStopped;
    update();
  }

  subscriptions.status = (path) => statuses.get(path) ?? IDLE;
  followPage(
    {
      onStop: () => setStopped(true),
      onResume: () => setStopped(false),
      onAttention: () => connection?.want(wanted, true),
    },
    signal,
  );
  const unsubscribe = [
    events.on("signed-in", update),
    events.on("session-expired", update),
    events.on("signed-out", () => {
      inbox.forget();
      emittedTo.clear();
      update();
    }),
  ];
  signal.addEventListener("abort", () => {
    for (const end of unsubscribe) {
      end();
    }
    update();
  });
  updateSoon();

  return {
    update: updateSoon,
    emit(path, name, body) {
      emittedTo.add(path);
      const deadline = { until: outside.now() + REALTIME_ACK_TIMEOUT_MS };
      return withTimeout(emit(path, name, body, deadline), deadline);
    },
  };
}

function wantedBy({ listeners, rooms }: Subscriptions, emittedTo: Iterable<string>): WantedRooms {
  const heard = [...listeners].filter(({ name }) => name !== LOCAL.status);
  return mergeWanted([
    ...[...emittedTo, ...heard.map(({ path }) => path)].map((path) => ({ [path]: [] })),
    ...[...rooms].map(({ path, room }) => ({ [path]: [room] })),
  ]);
}
