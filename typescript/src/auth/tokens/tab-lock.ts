/** One tab at a time. */
import { startDeadline } from "../../contract/deadline.js";
import type { Outside } from "../../outside.js";

/** Whether another tab had to finish first; `undefined` where tabs cannot tell (no Web Locks). */
export type Waited = boolean | undefined;

/** @param signal ends the waiting: the task begins at once, and finds its signal aborted. */
export type Exclusively = <T>(
  task: (waited: Waited) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

/** Longer than a refresh takes, shorter than the server's grace window: a tab that hangs holds nobody up. */
const PATIENCE_MS = 5000;

/** @param name `null`: whenever asked. */
export function createExclusively({ locks, now }: Outside, name: string | null): Exclusively {
  return async (task, signal) => {
    if (!locks || !name) {
      return task(undefined);
    }
    const first = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock ? { outcome: await task(false) } : null,
    );
    if (first) {
      return first.outcome;
    }
    const patience = startDeadline(PATIENCE_MS, now(), signal);
    try {
      return await locks.request(name, { signal: patience.signal }, () => {
        patience.release();
        return task(true);
      });
    } catch (error) {
      if (!patience.signal.aborted) {
        throw error;
      }
      patience.release();
      return task(true);
    }
  };
}
