/** What has been read of the comments, and how that changes before the server is asked again. */

import { changeRead } from "../api/change-read";
import type { Comment } from "../api/client";
import { changeItems } from "../api/pages";
import { queryClient } from "../api/query-client";
import { readAgain } from "../api/read-again";
import { feedQuery } from "../feed/feed-query";
import { postQuery } from "../posts/post-query";
import { commentsQuery } from "./comments-query";

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
