/** What comes live, for the screens that show it. */

import { createStore } from "../ui/store";

/**
 * - `off`: for visitors, and before the first connection.
 * - `paused`: the connection has been lost for more than a moment.
 * - `resumed`: it is back, of which people are told.
 */
export type LiveState = "off" | "on" | "paused" | "resumed";

export const liveUpdates = createStore<LiveState>("off");

export function isLive(): boolean {
  return liveUpdates.get() === "on" || liveUpdates.get() === "resumed";
}

/** The ids of posts that others have published since the feed was read. */
export const newPosts = createStore<readonly number[]>([]);
