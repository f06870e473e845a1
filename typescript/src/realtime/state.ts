/** The state that all tabs of one connection share. It is plain data, since it is sent over a channel. */
import type { Problem } from "../contract/problem.js";
import type { RealtimeStatus } from "./status.js";

/** The namespaces that are wanted, each with the rooms that are wanted in it. */
export type WantedRooms = Record<string, string[]>;

/** Return all namespaces and rooms that any of several tabs wants, each room once. */
export function mergeWanted(all: Iterable<WantedRooms>): WantedRooms {
  const merged: WantedRooms = {};
  for (const wanted of all) {
    for (const [path, rooms] of Object.entries(wanted)) {
      merged[path] = [...new Set([...(merged[path] ?? []), ...rooms])];
    }
  }
  return merged;
}

/** A person's latest notification number and unread count. */
export interface NotificationSummary {
  seq: number;
  unread: number;
}

/** A room that was joined, or was refused. */
export interface RoomState {
  /** The id of the socket that joined. Another id means that the room was joined anew. */
  joinedBy: string;
  problem?: Problem;
  people?: unknown[];
  /** How many people are in it. The server names a hundred of them at most. */
  count?: number;
}

/** One namespace of the connection. */
export interface NamespaceState {
  status: RealtimeStatus;
  rooms: Record<string, RoomState>;
}

/** The whole state at one moment. */
export interface SharedState {
  namespaces: Record<string, NamespaceState>;
  /** `null`: not known yet. */
  summary: NotificationSummary | null;
}

/** An event that the server sent. */
export interface ServerEvent {
  path: string;
  name: string;
  data: unknown;
  /** With a notification: the number of the one before it. */
  after?: number;
  /** In the namespace of notifications: the summary after this event. */
  summary?: NotificationSummary | null;
}

/** Until when an event may be sent, in milliseconds since 1970. After that its caller has been told that it timed out. */
export interface Deadline {
  until: number;
}

/** The server's answer to an event. */
export type Acknowledgement =
  | { data: unknown; problem?: never }
  | { data?: never; problem: Problem };

/** A notification as the server stores it. */
export interface StoredNotification {
  seq: number;
  event: string;
  read_at: string | null;
}

/** Whether `value` is a summary of notifications. */
export function isSummary(value: unknown): value is NotificationSummary {
  const { seq, unread } = (value ?? {}) as Partial<NotificationSummary>;
  return typeof seq === "number" && typeof unread === "number";
}

/** Whether `value` is a notification. */
export function isStoredNotification(value: unknown): value is StoredNotification {
  const { seq, event } = (value ?? {}) as Partial<StoredNotification>;
  return typeof seq === "number" && typeof event === "string";
}
