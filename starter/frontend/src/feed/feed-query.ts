import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { isLive } from "../live/state";

/** More than a screen holds, and little enough to be drawn at once. */
export const postsPerPage = 10;

/** All posts, newest first, page by page. */
export const feedQuery = infiniteQueryOptions({
  queryKey: ["posts"],
  queryFn: async ({ pageParam, signal }) =>
    unwrap(
      await dovetail.api.GET("/api/posts", {
        params: {
          query: { limit: postsPerPage, ...(pageParam !== null && { cursor: pageParam }) },
        },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
  // What is new is offered above the list, instead of being put under the eyes of who comes back to it.
  refetchOnWindowFocus: () => !isLive(),
});

/** Begins the list anew, with the newest posts. */
export async function showNewest(): Promise<void> {
  await queryClient.cancelQueries(feedQuery); // the next page, perhaps, of the list as it was
  await queryClient.fetchInfiniteQuery({ ...feedQuery, pages: 1, staleTime: 0 });
}
