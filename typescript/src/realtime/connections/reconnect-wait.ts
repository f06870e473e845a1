import { backoff } from "../../core/backoff.js";
import { REALTIME_RECONNECT_BASE_MS, REALTIME_RECONNECT_MAX_MS } from "../wire.js";

const LIMITS = { baseMs: REALTIME_RECONNECT_BASE_MS, maxMs: REALTIME_RECONNECT_MAX_MS };

/**
 * Return how many milliseconds to wait before the next connection: up to 500, 1000, 2000, … 15 000.
 *
 * @param failures in a row, from 1.
 * @param random in [0, 1).
 */
export function reconnectWait(failures: number, random: number): number {
  return backoff(failures - 1, LIMITS, random);
}
