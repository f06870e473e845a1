/** Notifications, and how many are not read, in every tab. */

import { changeRead } from "../api/change-read";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { readAgain } from "../api/read-again";
import { putOnTop } from "../notifications/known-notifications";
import { notificationsQuery } from "../notifications/notifications-query";
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
      changeRead(unreadQuery, () => unread);
      if (known !== undefined && unread < known) {
        void readAgain(notificationsQuery); // marked read in another tab, or on another device
      }
    }),
    realtime.onStale(() => void readAgain(notificationsQuery)),
  ];
  return () => {
    for (const end of ends) {
      end();
    }
  };
}
