/** A lock that all tabs of the browser share. */
import { startDeadline } from "../../contract/deadline.js";
import type { Outside } from "../../core/outside.js";

/** Whether another tab had to finish first; `undefined` where tabs cannot tell (no Web Locks). */
export type Waited = boolean | undefined;

/**
 * Runs a task while no other tab runs one.
 *
 * @param signal ends the waiting: the task begins at once, and finds its signal aborted.
 */
export type InOneTab = <T>(
  task: (waited: Waited) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

/** Longer than a refresh takes, shorter than the server's grace window. After it a tab that hangs is not waited for. */
const PATIENCE_MS = 5000;

/**
 * Make the lock of that name.
 *
 * @param name `null`: no lock; tasks begin at once.
 */
export function createTabLock({ locks, now }: Outside, name: string | null): InOneTab {
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
