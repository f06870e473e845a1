/** One namespace over a connection, with its rooms. */
import type { Manager } from "socket.io-client";
import { isProblem, type Problem } from "../contract/problem.js";
import type { Outside } from "../outside.js";
import { backoff } from "./backoff.js";
import type { Answer, RoomState } from "./shared.js";
import {
  REALTIME_ACK_TIMEOUT_MS,
  REALTIME_END_EVENT,
  REALTIME_JOIN_EVENT,
  REALTIME_LEAVE_EVENT,
  REALTIME_PRESENCE_EVENT,
} from "./wire.js";

export interface Space {
  isOpen(): boolean;
  /** Whether the server's answer is yet to come. A namespace that is left before is joined there all the same. */
  isConnecting(): boolean;
  /** Why it is refused. The connection stays, for the others. */
  problem(): Problem | undefined;
  rooms(): Record<string, RoomState>;
  /** Joins and leaves rooms, so that it is in these. */
  settle(rooms: Iterable<string>): void;
  /**
   * Waits until it is open, then for the acknowledgement.
   *
   * @throws Error when the connection was lost first.
   */
  ask(name: string, body?: unknown): Promise<Answer>;
  leave(): void;
}

export interface SpaceOptions {
  outside: Outside;
  /** Aborts when the connection is over. */
  signal: AbortSignal;
  /** What the handshake carries. */
  greeting(): Promise<object>;
  /** Open, refused, or in another room. */
  changed(): void;
  heard(name: string, data: unknown): void;
  /** The whole connection is of no more use. */
  over(problem?: Problem): void;
}

/** Another credential, or another login, may help. */
export const CURABLE = new Set([
  "UNAUTHENTICATED",
  "SESSION_EXPIRED",
  "INVALID_TOKEN",
  "TOKEN_EXPIRED",
]);

/** Time may help. */
const isBusy = ({ status }: Problem) => status === 429 || status >= 500;

export function openSpace(manager: Manager, path: string, options: SpaceOptions): Space {
  const { outside, signal, changed, over } = options;
  // `null`: asked for.
  const rooms = new Map<string, RoomState | null>();
  let refusal: Problem | undefined;
  let settled = () => {};
  const opened = new Promise<void>((resolve) => {
    settled = resolve;
  });

  const socket = manager.socket(path, {
    auth: (greet: (greeting: object) => void) => {
      options.greeting().then(greet, (error) => over(error?.problem));
    },
  });
  socket.on("connect", () => {
    settled();
    for (const room of rooms.keys()) {
      void join(room);
    }
    changed();
  });
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    // One that is still active could not reach the server, which the manager tells.
    if (!socket.active) {
      judge(error.data);
    }
  });
  socket.on("disconnect", () => {
    if (!refusal) {
      over();
    }
  });
  socket.onAny((name: string, data: unknown) => {
    if (name === REALTIME_END_EVENT) {
      judge(data);
    } else if (name === REALTIME_PRESENCE_EVENT) {
      present(data);
    } else {
      options.heard(name, data);
    }
  });
  socket.connect();

  function judge(said: unknown) {
    const problem = isProblem(said) ? said : undefined;
    if (!problem || CURABLE.has(problem.code) || isBusy(problem)) {
      over(problem);
      return;
    }
    // After `dovetail:end` the server closes the namespace: a packet to it would come too late.
    refusal = problem;
    settled();
    changed();
  }

  async function ask(name: string, body?: unknown): Promise<Answer> {
    await opened;
    if (refusal) {
      return { problem: refusal };
    }
    if (!socket.connected) {
      throw new Error("The connection was lost.");
    }
    const args = body === undefined ? [] : [body];
    const answer = await socket.timeout(REALTIME_ACK_TIMEOUT_MS).emitWithAck(name, ...args);
    return isProblem(answer?.problem) ? { problem: answer.problem } : { data: answer?.data };
  }

  async function join(room: string): Promise<void> {
    const by = socket.id as string;
    const isWanted = () => rooms.has(room) && socket.id === by;
    for (let failures = 1; isWanted(); failures++) {
      const answer = await ask(REALTIME_JOIN_EVENT, { room }).catch(() => null);
      if (!isWanted()) {
        return;
      }
      if (answer && !(answer.problem && isBusy(answer.problem))) {
        const { problem, data } = answer;
        rooms.set(room, problem ? { by, problem } : { by, ...peopleIn(data) });
        changed();
        return;
      }
      await outside.sleep(backoff(failures, outside.random()), signal).catch(() => {});
    }
  }

  function present(data: unknown) {
    const { room } = (data ?? {}) as { room?: unknown };
    const state = rooms.get(room as string);
    if (state && !state.problem) {
      rooms.set(room as string, { by: state.by, ...peopleIn(data) });
      changed();
    }
  }

  return {
    isOpen: () => socket.connected,
    isConnecting: () => socket.active && !socket.connected,
    problem: () => refusal,
    rooms: () =>
      Object.fromEntries([...rooms].filter((entry): entry is [string, RoomState] => !!entry[1])),
    settle(wanted) {
      const now = new Set(wanted);
      for (const room of rooms.keys()) {
        if (!now.has(room)) {
          rooms.delete(room);
          if (socket.connected) {
            socket.emit(REALTIME_LEAVE_EVENT, { room });
          }
        }
      }
      for (const room of now) {
        if (!rooms.has(room)) {
          rooms.set(room, null);
          if (socket.connected) {
            void join(room);
          }
        }
      }
    },
    ask,
    leave() {
      // The manager keeps it, for another time.
      socket.off();
      socket.offAny();
      socket.disconnect();
      settled();
    },
  };
}

function peopleIn(data: unknown): { people?: unknown[]; count?: number } {
  const { people, count } = (data ?? {}) as { people?: unknown; count?: unknown };
  return Array.isArray(people)
    ? { people, count: typeof count === "number" ? count : people.length }
    : {};
}
