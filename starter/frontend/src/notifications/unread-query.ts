import { queryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

/** Of the list and the count alike. */
export const notificationsKey = ["notifications"] as const;

/** How many notifications are not read. Where live updates come, they keep it. */
export const unreadQuery = queryOptions({
  queryKey: [...notificationsKey, "unread"],
  queryFn: async ({ signal }) =>
    unwrap(await dovetail.own.GET("/api/notifications/unread", { signal })).unread,
});
