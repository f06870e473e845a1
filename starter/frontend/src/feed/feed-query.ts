import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

/** More than a screen holds, and little enough to be drawn at once. */
const limit = 10;

/** All posts, newest first, page by page. */
export const feedQuery = infiniteQueryOptions({
  queryKey: ["posts"],
  queryFn: async ({ pageParam, signal }) =>
    unwrap(
      await dovetail.api.GET("/api/posts", {
        params: { query: { limit, ...(pageParam !== null && { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});
