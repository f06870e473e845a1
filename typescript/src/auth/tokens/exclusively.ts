/** One tab at a time. */
import { startDeadline } from "../../contract/deadline.js";
import type { Outside } from "../../outside.js";

/** Whether another tab had to finish first; `undefined` where tabs cannot tell (no Web Locks). */
export type Waited = boolean | undefined;

export type Exclusively = <T>(task: (waited: Waited) => Promise<T>) => Promise<T>;

/** Longer than a refresh takes, shorter than the server's grace window: a tab that hangs holds nobody up. */
const PATIENCE_MS = 5000;

/** @param name `null`: whenever asked. */
export function createExclusively({ locks, now }: Outside, name: string | null): Exclusively {
  return async (task) => {
    if (!locks || !name) {
      return task(undefined);
    }
    const first = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock ? { outcome: await task(false) } : null,
    );
    if (first) {
      return first.outcome;
    }
    const patience = startDeadline(PATIENCE_MS, now());
    try {
      return await locks.request(name, { signal: patience.signal }, () => {
        patience.release();
        return task(true);
      });
    } catch (error) {
      if (error === patience.signal.reason) {
        return task(true);
      }
      throw error;
    }
  };
}
