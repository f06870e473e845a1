/** What was said about a post, and how that changes before the server is asked again. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { changeRead, readAgain } from "../api/change-read";
import { type Comment, dovetail } from "../api/client";
import { changeItems } from "../api/pages";
import { queryClient } from "../api/query-client";
import { feedQuery } from "../feed/feed-query";
import { postQuery } from "../posts/post-query";

const limit = 20;

/** Oldest first, page by page. */
export const commentsQuery = (postId: number) =>
  infiniteQueryOptions({
    queryKey: ["comments", postId],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        await dovetail.api.GET("/api/posts/{post_id}/comments", {
          params: {
            path: { post_id: postId },
            query: { limit, ...(pageParam !== null && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** Those that have been read so far. */
export function knownComments(postId: number): Comment[] {
  const pages = queryClient.getQueryData(commentsQuery(postId).queryKey)?.pages ?? [];
  return pages.flatMap(({ items }) => items);
}

export function takeFromComments(postId: number, id: number): void {
  changeRead(
    commentsQuery(postId),
    (list) => list && changeItems(list, (items) => items.filter((comment) => comment.id !== id)),
  );
}

/** After a change of one's own. The numbers beside the post have changed as well. */
export function readCommentsAnew(postId: number): void {
  for (const changed of [commentsQuery(postId), postQuery(postId), feedQuery]) {
    void readAgain({ queryKey: changed.queryKey });
  }
}
