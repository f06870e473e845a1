import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { problemKey } from "../api/problem-key";
import { Button } from "../ui/button";
import { Failure } from "../ui/failure";
import { Notice } from "../ui/notice";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { useMore } from "../ui/use-more";
import { markAllRead } from "./mark-read";
import { NotificationRow } from "./notification-row";
import { notificationsQuery } from "./notifications-query";
import { unreadQuery } from "./unread-query";

/** All of them, newest first; those that are not read are marked. */
export function NotificationList() {
  const { t } = useTranslation();
  const all = useInfiniteQuery(notificationsQuery);
  const { data, error, hasNextPage, isFetchingNextPage, isFetchNextPageError } = all;
  const { data: unread = data?.pages[0]?.unread } = useQuery(unreadQuery);
  const notifications = data?.pages.flatMap(({ items }) => items) ?? [];
  const { list, showMore } = useMore<HTMLUListElement>(notifications.length, all.fetchNextPage);
  const newest = notifications[0];

  if (!data) {
    return error ? (
      <Failure error={error} retry={() => void all.refetch()} />
    ) : (
      <Skeleton lines={5} />
    );
  }
  if (!newest) {
    return <Notice title={t("notifications.emptyTitle")} text={t("notifications.emptyText")} />;
  }

  async function markAll(upTo: number) {
    list.current?.focus(); // the button goes
    try {
      await markAllRead(upTo);
      toast(t("notifications.allRead"));
    } catch (failure) {
      toast(t(problemKey(failure)));
    }
  }

  return (
    <div className="notifications-section">
      <div className="notifications-head">
        {unread ? (
          <Button onClick={() => void markAll(newest.seq)}>{t("notifications.markAll")}</Button>
        ) : (
          <p>{t("notifications.noneUnread")}</p>
        )}
      </div>
      <ul
        ref={list}
        tabIndex={-1}
        className="notifications"
        aria-label={t("notifications.heading")}
      >
        {notifications.map((notification) => (
          <NotificationRow key={notification.seq} notification={notification} />
        ))}
      </ul>
      {isFetchNextPageError && <Failure error={error} retry={showMore} />}
      {hasNextPage && !isFetchNextPageError && (
        <Button busy={isFetchingNextPage} onClick={showMore}>
          {t(isFetchingNextPage ? "notifications.loadingMore" : "notifications.more")}
        </Button>
      )}
    </div>
  );
}
