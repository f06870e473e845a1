/** Bytes per second over the last seconds, the latest counting most. */

/** How long a measurement counts: after so many milliseconds, by a third of its first weight. */
const MEMORY_MS = 6000;

/** Less says nothing yet. */
const ENOUGH_MS = 500;

export interface Rate {
  add(bytes: number): void;
  /** Bytes per second; 0 before there is enough to tell. */
  value(): number;
  /** Forgets: time that passed without an attempt does not count. */
  reset(): void;
}

/** @param now milliseconds. */
export function createRate(now: () => number): Rate {
  let bytes = 0;
  let ms = 0;
  let last = now();

  function age() {
    const kept = Math.exp(-Math.max(0, now() - last) / MEMORY_MS);
    last = now();
    bytes *= kept;
    // The integral of the weights, so that the first seconds are not held to be slow.
    ms = ms * kept + MEMORY_MS * (1 - kept);
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
