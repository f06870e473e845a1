import type { Outside } from "../../core/outside.js";

// Used where there are no locks. Keys cannot be guessed, so those of several servers do not clash.
const claimedKeys = new Set<string>();

/**
 * Claim an upload, which one task at a time sends over all tabs.
 *
 * @returns a function that ends the claim, as the end of the page does; `null` when another task has claimed it.
 */
export async function claim(key: string, locks: Outside["locks"]): Promise<(() => void) | null> {
  if (!locks) {
    return claimedKeys.has(key) ? null : (claimedKeys.add(key), () => void claimedKeys.delete(key));
  }
  return new Promise((resolve, reject) => {
    locks
      .request(`dovetail:upload:${key}`, { ifAvailable: true }, (lock) =>
        lock ? new Promise<void>((release) => resolve(release)) : resolve(null),
      )
      .catch(reject);
  });
}
