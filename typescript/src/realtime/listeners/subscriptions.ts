/** What a page has asked for. Kept apart from what carries it out, which is loaded later. */
import type { Problem } from "../contract/problem.js";
import type { RealtimeStatus } from "./status.js";

export interface Subscription {
  path: string;
  /** An event's, or an `OwnName`. */
  name: string;
  listener(...told: never[]): void;
}

export interface RoomWish {
  path: string;
  room: string;
  onJoined?(): void;
  onPeople?(people: never[], count: number): void;
  onProblem?(problem: Problem<never>): void;
}

export interface Wishes {
  subscriptions: Set<Subscription>;
  rooms: Set<RoomWish>;
  /** How one is connected: that, a page reads here. */
  status(path: string): RealtimeStatus;
}

/** What listeners can hear besides the server's events, none of which can have such a name. `*`: any notification. */
export type OwnName = "*" | "*stale" | "*unread" | "*status";

export const OWN = {
  any: "*",
  stale: "*stale",
  unread: "*unread",
  status: "*status",
} as const satisfies Record<string, OwnName>;
