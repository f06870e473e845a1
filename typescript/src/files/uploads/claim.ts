/** One task at a time sends an upload, over all tabs. */
import type { Outside } from "../outside.js";

// Where there are no locks; a key is unguessable, so that those of several servers do not meet.
const held = new Set<string>();

/** @returns what lets go of it; `null` when another task has it. The end of the page lets go as well. */
export async function claim(key: string, locks: Outside["locks"]): Promise<(() => void) | null> {
  if (!locks) {
    return held.has(key) ? null : (held.add(key), () => void held.delete(key));
  }
  return new Promise((resolve, reject) => {
    locks
      .request(`dovetail:upload:${key}`, { ifAvailable: true }, (lock) =>
        lock ? new Promise<void>((release) => resolve(release)) : resolve(null),
      )
      .catch(reject);
  });
}
