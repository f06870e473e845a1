/** What was said about a post. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

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
