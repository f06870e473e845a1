/** The subscriptions of a page. Apart from the code that serves them, which is loaded later. */
import type { Problem } from "../../contract/problem.js";
import type { RealtimeStatus } from "../status.js";

/** One listener. */
export interface Subscription {
  /** The namespace. */
  path: string;
  /** An event's name, or a `LocalEvent`. */
  name: string;
  listener(...args: never[]): void;
}

/** A room that the page wants to be in. */
export interface RoomSubscription {
  path: string;
  room: string;
  onJoined?(): void;
  onPeople?(people: never[], count: number): void;
  onProblem?(problem: Problem<never>): void;
}

/** All that the page has subscribed to. */
export interface Subscriptions {
  listeners: Set<Subscription>;
  rooms: Set<RoomSubscription>;
  /** Returns the status of a namespace. Replaced as soon as the code of connections has been loaded. */
  status(path: string): RealtimeStatus;
}

/**
 * Events that listeners hear besides the server's, whose names cannot begin with `*`.
 *
 * `*` stands for any notification.
 */
export type LocalEvent = "*" | "*stale" | "*unread" | "*status";

/** The names of local events. */
export const LOCAL = {
  any: "*",
  stale: "*stale",
  unread: "*unread",
  status: "*status",
} as const satisfies Record<string, LocalEvent>;
