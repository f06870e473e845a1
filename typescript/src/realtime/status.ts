import type { Problem } from "../contract/problem.js";

/**
 * The connection of one namespace.
 *
 * Times are milliseconds since 1970. `since` is when the connection was lost; `undefined` before the first one.
 *
 * - `idle`: nobody is signed in, or nothing is subscribed to.
 * - `waiting`: for the next try.
 * - `refused`: until the next sign-in or the next connection.
 */
export type RealtimeStatus =
  | { state: "idle" }
  | { state: "connecting"; since?: number }
  | { state: "open" }
  | { state: "waiting"; since: number; nextAttempt: number; problem?: Problem }
  | { state: "refused"; problem: Problem };
