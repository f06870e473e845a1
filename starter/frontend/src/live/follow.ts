/** What comes live, and where it goes: into what the screens have read already. */

import { loadWords } from "../i18n/start";
import { followConnection } from "./follow-connection";
import { followNotifications } from "./follow-notifications";
import { followPosts } from "./follow-posts";

/**
 * @param subject of who is signed in.
 * @returns a function that ends it.
 */
export async function followLive(subject: string): Promise<() => void> {
  await loadWords("notifications");
  const ends = [followConnection(), followPosts(subject), followNotifications()];
  return () => {
    for (const end of ends) {
      end();
    }
  };
}
