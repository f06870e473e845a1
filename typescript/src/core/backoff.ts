/** Exponential backoff with full jitter. */

/** The bounds of the waits, in milliseconds. */
export interface BackoffLimits {
  /** The longest first wait; each further one may be twice as long. */
  baseMs: number;
  /** No wait is longer. */
  maxMs: number;
}

/** Beyond so many doublings every wait has long reached its maximum; more would overflow. */
const DOUBLINGS_MAX = 20;

/**
 * Return how many milliseconds to wait before the next try.
 *
 * The wait is random from 0 up, so that clients that failed together do not come back together.
 *
 * @param failures earlier waits in a row: 0 before the first.
 * @param random in [0, 1).
 */
export function backoff(
  failures: number,
  { baseMs, maxMs }: BackoffLimits,
  random: number,
): number {
  return random * Math.min(maxMs, baseMs * 2 ** Math.min(failures, DOUBLINGS_MAX));
}
