/** One namespace of a connection, with its rooms. Its failure is its own: the connection stays open for the others. */
import type { Manager } from "socket.io-client";
import { CREDENTIAL_REFUSED, isProblem, type Problem } from "../../contract/problem.js";
import type { Outside } from "../../core/outside.js";
import type { Acknowledgement, Deadline, RoomState } from "../state.js";
import type { RealtimeStatus } from "../status.js";
import {
  REALTIME_ACK_TIMEOUT_MS,
  REALTIME_END_EVENT,
  REALTIME_JOIN_EVENT,
  REALTIME_LEAVE_EVENT,
  REALTIME_PRESENCE_EVENT,
} from "../wire.js";
import { createAttempts } from "./attempts.js";
import { reconnectWait } from "./reconnect-wait.js";

/** One namespace of a connection. */
export interface Namespace {
  isOpen(): boolean;
  /** Whether the server has not answered yet. Leaving before the answer does not prevent that the server lets it in. */
  isConnecting(): boolean;
  /** Its status; `undefined`: that of the connection, since the server has not answered yet. */
  status(): RealtimeStatus | undefined;
  /** The problem with which the server is about to end it for a while. */
  ending(): Problem | undefined;
  /** Ends the wait between two tries. */
  hurry(): void;
  rooms(): Record<string, RoomState>;
  /** Joins and leaves rooms until it is in exactly these. */
  setRooms(rooms: Iterable<string>): void;
  /**
   * Emits an event when the namespace is open, and waits for the acknowledgement.
   *
   * @throws Error when the connection was lost first, or the deadline passed before it was open.
   */
  emit(name: string, body?: unknown, deadline?: Deadline): Promise<Acknowledgement>;
  leave(): void;
}

/** The dependencies of a namespace. */
export interface NamespaceOptions {
  outside: Outside;
  /** Aborts when the connection is over. */
  signal: AbortSignal;
  /** Makes the body of the handshake. */
  handshake(): Promise<object>;
  /** Is called when it has another status or other rooms. */
  onChange(): void;
  onEvent(name: string, data: unknown): void;
  /** Is called when the whole connection can no longer be used. */
  onLost(problem?: Problem): void;
}

/** Whether the same request may succeed later. */
const isTransient = ({ status }: Problem) => status === 429 || status >= 500;

/** Open a namespace over the manager's connection. */
export function openNamespace(
  manager: Manager,
  path: string,
  options: NamespaceOptions,
): Namespace {
  const { outside, signal, onChange, onLost } = options;
  // `null`: the server has not answered yet.
  const rooms = new Map<string, RoomState | null>();
  const attempts = createAttempts(outside);
  let status: RealtimeStatus | undefined;
  let ending: Problem | undefined;
  let pause = new AbortController();
  let hasLeft = false;
  let settle = () => {};
  let settled = Promise.resolve();
  unsettle();

  /** Has events wait for the answer of the server. */
  function unsettle() {
    settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
  }

  function change(newStatus: RealtimeStatus) {
    status = newStatus;
    if (newStatus.state !== "connecting") {
      settle();
    }
    onChange();
  }

  const socket = manager.socket(path, {
    auth: (send: (handshake: object) => void) => {
      options.handshake().then(send, (error) => onLost(error?.problem));
    },
  });
  socket.on("connect", () => {
    attempts.opened();
    for (const room of rooms.keys()) {
      void join(room);
    }
    change({ state: "open" });
  });
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    // A socket that is still active could not reach the server, which the manager reports.
    if (!socket.active) {
      handleRefusal(error.data);
    }
  });
  socket.on("disconnect", (reason) => {
    // For any other reason the whole connection is over, which the manager reports.
    if (reason === "io server disconnect" && status?.state === "open") {
      void retry(ending);
    }
  });
  socket.onAny((name: string, data: unknown) => {
    if (name === REALTIME_END_EVENT) {
      handleEnd(data);
    } else if (name === REALTIME_PRESENCE_EVENT) {
      updatePeople(data);
    } else {
      options.onEvent(name, data);
    }
  });
  socket.connect();

  function handleRefusal(data: unknown) {
    const problem = isProblem(data) ? data : undefined;
    if (!problem || isTransient(problem)) {
      void retry(problem);
    } else {
      refuse(problem);
    }
  }

  /** The server closes the namespace next, by itself: a packet to it would come too late. */
  function handleEnd(data: unknown) {
    const problem = isProblem(data) ? data : undefined;
    if (!problem || isTransient(problem)) {
      ending = problem;
    } else {
      refuse(problem);
    }
  }

  function refuse(problem: Problem) {
    if (CREDENTIAL_REFUSED.has(problem.code)) {
      // The login is that of the whole connection.
      onLost(problem);
    } else {
      change({ state: "refused", problem });
    }
  }

  async function retry(problem?: Problem): Promise<void> {
    attempts.lost();
    ending = undefined;
    pause = new AbortController();
    const wait = attempts.wait(problem);
    const paused = outside.sleep(wait.ms, pause.signal).catch(() => {});
    change(wait.status);
    await paused;
    if (!hasLeft) {
      unsettle();
      socket.connect();
      change(attempts.connecting());
    }
  }

  async function emit(name: string, body?: unknown, deadline?: Deadline): Promise<Acknowledgement> {
    await settled;
    if (deadline && outside.now() >= deadline.until) {
      throw new Error("The event came too late.");
    }
    if (status?.state === "refused") {
      return { problem: status.problem };
    }
    if (!socket.connected) {
      throw new Error("The connection was lost.");
    }
    const args = body === undefined ? [] : [body];
    const answer = await socket.timeout(REALTIME_ACK_TIMEOUT_MS).emitWithAck(name, ...args);
    return isProblem(answer?.problem) ? { problem: answer.problem } : { data: answer?.data };
  }

  async function join(room: string): Promise<void> {
    const joinedBy = socket.id as string;
    const isWanted = () => rooms.has(room) && socket.id === joinedBy;
    for (let failures = 1; isWanted(); failures++) {
      const answer = await emit(REALTIME_JOIN_EVENT, { room }).catch(() => null);
      if (!isWanted()) {
        return;
      }
      if (answer && !(answer.problem && isTransient(answer.problem))) {
        const { problem, data } = answer;
        rooms.set(room, problem ? { joinedBy, problem } : { joinedBy, ...peopleIn(data) });
        onChange();
        return;
      }
      await outside.sleep(reconnectWait(failures, outside.random()), signal).catch(() => {});
    }
  }

  function updatePeople(data: unknown) {
    const { room } = (data ?? {}) as { room?: unknown };
    const state = rooms.get(room as string);
    if (state && !state.problem) {
      rooms.set(room as string, { joinedBy: state.joinedBy, ...peopleIn(data) });
      onChange();
    }
  }

  return {
    isOpen: () => socket.connected,
    isConnecting: () => socket.active && !socket.connected,
    status: () => status,
    ending: () => ending,
    hurry: () => pause.abort(),
    rooms: () =>
      Object.fromEntries([...rooms].filter((entry): entry is [string, RoomState] => !!entry[1])),
    setRooms(wantedRooms) {
      const wanted = new Set(wantedRooms);
      for (const room of rooms.keys()) {
        if (!wanted.has(room)) {
          rooms.delete(room);
          if (socket.connected) {
            socket.emit(REALTIME_LEAVE_EVENT, { room });
          }
        }
      }
      for (const room of wanted) {
        if (!rooms.has(room)) {
          rooms.set(room, null);
          if (socket.connected) {
            void join(room);
          }
        }
      }
    },
    emit,
    leave() {
      hasLeft = true;
      pause.abort();
      // The manager keeps the socket and gives it again the next time.
      socket.off();
      socket.offAny();
      socket.disconnect();
      settle();
    },
  };
}

function peopleIn(data: unknown): { people?: unknown[]; count?: number } {
  const { people, count } = (data ?? {}) as { people?: unknown; count?: unknown };
  return Array.isArray(people)
    ? { people, count: typeof count === "number" ? count : people.length }
    : {};
}
