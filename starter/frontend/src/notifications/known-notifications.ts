/** What has been read of the notifications, and how that changes before the server is asked again. */

import { changeRead } from "../api/change-read";
import type { Notification } from "../api/client";
import { changeItems } from "../api/pages";
import { notificationsQuery } from "./notifications-query";

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
