/** The rate of the last seconds, in which the latest bytes count most. */

/** How long a measurement counts: after so many milliseconds, a third of its first weight. */
const MEMORY_MS = 6000;

/** In less time there is no reliable rate. */
const ENOUGH_MS = 500;

/** Measures how fast bytes travel. */
export interface Rate {
  add(bytes: number): void;
  /** Bytes per second; 0 before there is enough to measure. */
  value(): number;
  /** Forgets all bytes, so that time in which nothing could travel does not count. */
  reset(): void;
}

/**
 * Start to measure.
 *
 * @param now milliseconds.
 */
export function createRate(now: () => number): Rate {
  let bytes = 0;
  let ms = 0;
  let last = now();

  function age() {
    const weight = Math.exp(-Math.max(0, now() - last) / MEMORY_MS);
    last = now();
    bytes *= weight;
    // The integral of the weights, so that the first seconds do not look slow.
    ms = ms * weight + MEMORY_MS * (1 - weight);
  }

  return {
    add(more) {
      age();
      bytes += more;
    },
    value() {
      age();
      return ms < ENOUGH_MS ? 0 : (bytes / ms) * 1000;
    },
    reset() {
      bytes = 0;
      ms = 0;
      last = now();
    },
  };
}
