/** What a notification says, and where it leads. */

import i18next, { type TFunction } from "i18next";
import type { Notification } from "../api/client";

export function notificationText({ event, data }: Notification, t: TFunction = i18next.t): string {
  const values = { name: data.by.name, title: data.title };
  return event === "post-liked"
    ? t("notifications.liked", values)
    : t("notifications.commented", values);
}

export function notificationPath({ event, data }: Notification): string {
  return `/posts/${data.post_id}${event === "post-commented" ? "#comments" : ""}`;
}
