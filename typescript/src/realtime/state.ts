/** What a connection tells the tabs that share it, and they it. Plain data: it goes over a channel. */
import type { Problem } from "../contract/problem.js";
import type { RealtimeStatus } from "./status.js";

/** The rooms that are wanted, by namespace. */
export type Wants = Record<string, string[]>;

/** All that several want, each room once. */
export function merge(all: Iterable<Wants>): Wants {
  const merged: Wants = {};
  for (const wants of all) {
    for (const [path, rooms] of Object.entries(wants)) {
      merged[path] = [...new Set([...(merged[path] ?? []), ...rooms])];
    }
  }
  return merged;
}

/** The number of the newest notification, and how many are not read. */
export interface Standing {
  seq: number;
  unread: number;
}

export interface RoomState {
  /** The connection that asked; another one means that the room was joined anew. */
  by: string;
  problem?: Problem;
  people?: unknown[];
  /** How many are there; beyond a hundred the server names no more. */
  count?: number;
}

export interface SpaceState {
  status: RealtimeStatus;
  rooms: Record<string, RoomState>;
}

/** All that holds at a moment. */
export interface State {
  spaces: Record<string, SpaceState>;
  /** `null`: not known yet. */
  standing: Standing | null;
}

/** Something that the server said. */
export interface Said {
  path: string;
  name: string;
  data: unknown;
  /** Of a notification: the number of the one before it. */
  after?: number;
  /** How things are with it; on the namespace of notifications. */
  standing?: Standing | null;
}

/** An acknowledgement. */
export type Answer = { data: unknown; problem?: never } | { data?: never; problem: Problem };

export interface Stored {
  seq: number;
  event: string;
  read_at: string | null;
}

export function isStanding(value: unknown): value is Standing {
  const { seq, unread } = (value ?? {}) as Partial<Standing>;
  return typeof seq === "number" && typeof unread === "number";
}

export function isStored(value: unknown): value is Stored {
  const { seq, event } = (value ?? {}) as Partial<Stored>;
  return typeof seq === "number" && typeof event === "string";
}
