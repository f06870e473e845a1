/** One's notifications, and how the list changes before the server is asked again. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { changeRead } from "../api/change-read";
import { dovetail, type Notification } from "../api/client";
import { changeItems } from "../api/pages";
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

/**
 * Shows those that `which` says as read.
 *
 * @returns a function to call when they could not be marked.
 */
export function showRead(which: (notification: Notification) => boolean): () => void {
  const now = new Date().toISOString();
  return changeList((items) =>
    items.map((one) => (one.read_at === null && which(one) ? { ...one, read_at: now } : one)),
  );
}

function changeList(change: (items: Notification[], page: number) => Notification[]): () => void {
  return changeRead(notificationsQuery, (list) => list && changeItems(list, change));
}
