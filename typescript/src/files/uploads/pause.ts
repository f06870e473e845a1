/** Pausing: work under way is aborted, and begins again after the pause. */
import type { PauseSwitch } from "../types.js";

const PAUSED = Symbol("paused");

/** Holds work back while the upload is paused. */
export interface Pause {
  /** Resolves while the upload is not paused. */
  ended(): Promise<void>;
  /** Runs work whose signal also aborts at a pause, and after the pause runs it again. */
  around<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Stops listening to the signal, which may be shared by many uploads. */
  close(): void;
}

/**
 * Follow the switch.
 *
 * @param signal gives the whole upload up.
 * @param onChange is called at each pause and each resumption.
 */
export function createPause(
  pausing: PauseSwitch,
  signal: AbortSignal,
  onChange: () => void,
): Pause {
  let wake = () => {};
  let running = new AbortController();
  let wasPaused = pausing.isPaused;

  pausing.onSwitch = () => {
    // A page that pauses in every onProgress must not be called back by its own pause for ever.
    if (pausing.isPaused === wasPaused) {
      return;
    }
    wasPaused = pausing.isPaused;
    if (wasPaused) {
      running.abort(PAUSED);
    } else {
      wake();
    }
    onChange();
  };
  const giveUp = () => {
    running.abort(signal.reason);
    wake();
  };
  signal.addEventListener("abort", giveUp);

  async function ended(): Promise<void> {
    while (pausing.isPaused && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    signal.throwIfAborted();
  }

  return {
    ended,
    async around(work) {
      for (;;) {
        await ended();
        running = new AbortController();
        try {
          return await work(running.signal);
        } catch (error) {
          if (error !== PAUSED) {
            throw error;
          }
        }
      }
    },
    close: () => signal.removeEventListener("abort", giveUp),
  };
}
