import { queryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { changeRead } from "../api/change-read";
import { dovetail, type Post } from "../api/client";
import { changeItems } from "../api/pages";
import { queryClient } from "../api/query-client";
import { feedQuery } from "../feed/feed-query";

/** One post. What the feed has already read of it is shown at once. */
export const postQuery = (id: number) =>
  queryOptions({
    queryKey: ["post", id],
    queryFn: async ({ signal }) =>
      unwrap(
        await dovetail.api.GET("/api/posts/{post_id}", {
          params: { path: { post_id: id } },
          signal,
        }),
      ),
    placeholderData: () => postInFeed(id),
  });

/** Changes what is known of a post, or is being read of it, on every screen that shows it. */
export function changePost(id: number, change: (post: Post) => Post): void {
  changeRead(postQuery(id), (post) => post && change(post));
  changeRead(
    feedQuery,
    (feed) =>
      feed &&
      changeItems(feed, (posts) => posts.map((post) => (post.id === id ? change(post) : post))),
  );
}

function postInFeed(id: number): Post | undefined {
  const pages = queryClient.getQueryData(feedQuery.queryKey)?.pages ?? [];
  return pages.flatMap(({ items }) => items).find((post) => post.id === id);
}
