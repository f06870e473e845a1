import type { Problem } from "../../contract/problem.js";
import type { Outside } from "../../core/outside.js";
import type { RealtimeStatus } from "../status.js";
import { REALTIME_RECONNECT_MAX_MS } from "../wire.js";
import { reconnectWait } from "./reconnect-wait.js";

/**
 * The tabs of all people lose their connections together when a server restarts. After one that lasted, the first wait
 * is up to so long, so that they do not all come back in the same half second.
 */
const RETURN_SPREAD_MS = 3000;

/** The tries to keep something open: the connection, or one of its namespaces. */
export interface Attempts {
  opened(): void;
  /** Returns whether it had lasted. What breaks soon after each beginning has not recovered. */
  lost(): boolean;
  /** Begins a wait. Returns its length, and its status. */
  wait(problem?: Problem): { ms: number; status: RealtimeStatus };
  /** Returns the status of a try. */
  connecting(): RealtimeStatus;
}

/** Count the tries of one thing, none so far. */
export function createAttempts({ now, random }: Outside): Attempts {
  let failures = 0;
  let openSince: number | undefined;
  let lostAt: number | undefined;
  let hasLasted = false;
  return {
    opened() {
      openSince ??= now();
      lostAt = undefined;
    },
    lost() {
      hasLasted = openSince !== undefined && now() - openSince > REALTIME_RECONNECT_MAX_MS;
      if (hasLasted) {
        failures = 0;
      }
      openSince = undefined;
      lostAt ??= now();
      return hasLasted;
    },
    wait(problem) {
      failures += 1;
      const isReturn = hasLasted && failures === 1;
      const ms = isReturn ? random() * RETURN_SPREAD_MS : reconnectWait(failures, random());
      const since = lostAt ?? now();
      return { ms, status: { state: "waiting", since, nextAttempt: now() + ms, problem } };
    },
    connecting: () => ({ state: "connecting", since: lostAt }),
  };
}
