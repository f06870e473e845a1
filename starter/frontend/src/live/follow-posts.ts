/** Posts that others publish, like and comment on. */

import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { commentsQuery } from "../comments/comments-query";
import { feedQuery, readNewest } from "../feed/feed-query";
import { isLiking } from "../posts/like-post";
import { changePost, postQuery } from "../posts/post-query";
import { newPosts } from "./state";

/** @param subject of who is signed in: their own posts are no news to them. */
export function followPosts(subject: string): () => void {
  const live = dovetail.realtime.of("/live");
  let wasOpen = false;

  const ends = [
    live.on("post-published", ({ post_id, author_id }) => {
      if (String(author_id) !== subject) {
        announce([post_id]);
      }
    }),
    live.on("post-changed", ({ post_id, likes, comments }) => {
      if (queryClient.getQueryData(postQuery(post_id).queryKey)?.comments !== comments) {
        void queryClient.invalidateQueries(commentsQuery(post_id));
      }
      changePost(post_id, (post) => ({
        ...post,
        comments,
        // One's own like has been counted already, and its answer is on the way.
        likes: isLiking(post_id) ? post.likes : likes,
      }));
    }),
    live.onStatus(({ state }) => {
      if (state === "open") {
        if (wasOpen) {
          void catchUp();
        }
        wasOpen = true;
      }
    }),
  ];
  return () => {
    for (const end of ends) {
      end();
    }
    newPosts.set([]);
  };
}

/** What is not stored does not come later: after a break, the feed is asked. */
async function catchUp(): Promise<void> {
  const feed = queryClient.getQueryData(feedQuery.queryKey);
  const known = feed?.pages[0]?.items[0]?.created_at ?? "";
  if (feed) {
    const newest = await readNewest().catch(() => []);
    announce(newest.filter((post) => !post.mine && post.created_at > known).map(({ id }) => id));
  }
}

function announce(ids: number[]): void {
  newPosts.set([...new Set([...newPosts.get(), ...ids])]);
}
