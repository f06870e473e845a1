/** Posts that others publish, like and comment on. */

import { type RealtimeStatus, unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { firstRead, readAgain } from "../api/read-again";
import { commentsQuery } from "../comments/comments-query";
import { feedQuery, postsPerPage } from "../feed/feed-query";
import { isLiking } from "../posts/like-post";
import { changePost, postQuery } from "../posts/post-query";
import { newPosts } from "./state";

/** @param subject of who is signed in: their own posts are no news to them. */
export function followPosts(subject: string): () => void {
  const live = dovetail.realtime.of("/live");

  const ends = [
    live.on("post-published", ({ post_id, author_id }) => {
      if (String(author_id) !== subject) {
        announce([post_id]);
      }
    }),
    live.on("post-changed", ({ post_id, likes, comments }) => {
      if (queryClient.getQueryData(postQuery(post_id).queryKey)?.comments !== comments) {
        void readAgain(commentsQuery(post_id));
      }
      showCounts(post_id, likes, comments);
    }),
    live.onStatus(catchUpIfOpen),
  ];
  // Others on the page may have opened it already.
  catchUpIfOpen(live.status);
  return () => {
    for (const end of ends) {
      end();
    }
    newPosts.set([]);
  };
}

/** The newest posts, which are not in the list yet, perhaps. */
async function readNewest() {
  const query = { limit: postsPerPage };
  return unwrap(await dovetail.api.GET("/api/posts", { params: { query } })).items;
}

function catchUpIfOpen({ state }: RealtimeStatus): void {
  if (state === "open") {
    void catchUp();
  }
}

/** What is not stored does not come later: the feed that was read before is asked for what came since. */
async function catchUp(): Promise<void> {
  await firstRead(feedQuery);
  const feed = queryClient.getQueryData(feedQuery.queryKey);
  const known = feed?.pages[0]?.items[0]?.created_at ?? "";
  if (feed) {
    const newest = await readNewest().catch(() => []);
    announce(newest.filter((post) => !post.mine && post.created_at > known).map(({ id }) => id));
    for (const { id, likes, comments } of newest) {
      showCounts(id, likes, comments);
    }
  }
}

function showCounts(id: number, likes: number, comments: number): void {
  changePost(id, (post) => ({
    ...post,
    comments,
    // One's own like has been counted already, and its answer is on the way.
    likes: isLiking(id) ? post.likes : likes,
  }));
}

function announce(ids: number[]): void {
  newPosts.set([...new Set([...newPosts.get(), ...ids])]);
}
