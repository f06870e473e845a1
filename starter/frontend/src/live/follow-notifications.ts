/** Notifications, and how many are not read, in every tab. */

import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { notificationsQuery, putOnTop } from "../notifications/notifications-query";
import { unreadQuery } from "../notifications/unread-query";
import { createNotificationToasts } from "./notification-toasts";

export function followNotifications(): () => void {
  const { realtime } = dovetail;
  const toasts = createNotificationToasts();

  const ends = [
    toasts.stop,
    realtime.onNotification((notification) => {
      putOnTop(notification);
      toasts.tell(notification);
    }),
    realtime.onUnread((unread) => {
      const known = queryClient.getQueryData(unreadQuery.queryKey);
      // An answer that is on its way may be older.
      void queryClient.cancelQueries(unreadQuery);
      queryClient.setQueryData(unreadQuery.queryKey, unread);
      if (known !== undefined && unread < known) {
        void queryClient.invalidateQueries(notificationsQuery); // marked read in another tab, or on another device
      }
    }),
    realtime.onStale(() => void queryClient.invalidateQueries(notificationsQuery)),
  ];
  return () => {
    for (const end of ends) {
      end();
    }
  };
}
