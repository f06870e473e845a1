/** One's notifications, and how the list changes before the server is asked again. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail, type Notification } from "../api/client";
import { changeItems } from "../api/pages";
import { queryClient } from "../api/query-client";
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

/** Puts a new one on top. */
export function putOnTop(notification: Notification): void {
  changeList((items, page) =>
    page > 0 || items.some(({ seq }) => seq === notification.seq)
      ? items
      : [notification, ...items],
  );
}

/** Shows those that `which` says as read. */
export function showRead(which: (notification: Notification) => boolean): void {
  const now = new Date().toISOString();
  changeList((items) =>
    items.map((one) => (one.read_at === null && which(one) ? { ...one, read_at: now } : one)),
  );
}

function changeList(change: (items: Notification[], page: number) => Notification[]): void {
  // An answer that is on its way does not know of the change.
  void queryClient.cancelQueries(notificationsQuery);
  queryClient.setQueryData(
    notificationsQuery.queryKey,
    (list) => list && changeItems(list, change),
  );
}
