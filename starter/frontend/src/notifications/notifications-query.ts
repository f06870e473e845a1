/** One's notifications. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";
import { notificationsKey } from "./unread-query";

export const notificationsPath = "/notifications";

const limit = 20;

/** Newest first, page by page. */
export const notificationsQuery = infiniteQueryOptions({
  queryKey: [...notificationsKey, "list"],
  queryFn: async ({ pageParam, signal }) =>
    unwrap(
      await dovetail.own.GET("/api/notifications", {
        params: { query: { limit, ...(pageParam !== null && { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});
