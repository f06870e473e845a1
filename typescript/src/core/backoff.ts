/** How long to wait for the next try. */
import { REALTIME_RECONNECT_BASE_MS, REALTIME_RECONNECT_MAX_MS } from "./wire.js";

/**
 * Full jitter, so that those who were cut off together do not come back together.
 *
 * @param failures in a row, from 1.
 * @param random in [0, 1).
 * @returns milliseconds: up to 500, 1000, 2000, … 15 000.
 */
export function backoff(failures: number, random: number): number {
  const longest = REALTIME_RECONNECT_BASE_MS * 2 ** (failures - 1);
  return random * Math.min(REALTIME_RECONNECT_MAX_MS, longest);
}
