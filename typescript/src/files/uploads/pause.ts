/** Pausing: what is under way is cut off, and begun again once the gate is open. */
import type { Switch } from "./upload.js";

const PAUSED = Symbol("paused");

export interface Gate {
  /** Resolves while not paused. */
  open(): Promise<void>;
  /** Runs work whose signal aborts at a pause too; after that, runs it again. */
  through<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Lets go of the signal, which may be that of many uploads. */
  close(): void;
}

/**
 * @param signal gives the whole up.
 * @param onTurn is called at each pause and each resumption.
 */
export function createGate(control: Switch, signal: AbortSignal, onTurn: () => void): Gate {
  let wake = () => {};
  let running = new AbortController();
  let known = control.isPaused;

  control.turned = () => {
    // A page that pauses whenever it hears of progress is told that it is paused, once.
    if (control.isPaused === known) {
      return;
    }
    known = control.isPaused;
    if (known) {
      running.abort(PAUSED);
    } else {
      wake();
    }
    onTurn();
  };
  const giveUp = () => {
    running.abort(signal.reason);
    wake();
  };
  signal.addEventListener("abort", giveUp);

  async function open(): Promise<void> {
    while (control.isPaused && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    signal.throwIfAborted();
  }

  return {
    open,
    async through(work) {
      for (;;) {
        await open();
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
