import { useTranslation } from "react-i18next";
import type { Notification } from "../api/client";
import { Avatar } from "../ui/avatar";
import { Link } from "../ui/link";
import { Moment } from "../ui/moment";
import { markRead } from "./mark-read";
import { notificationPath, notificationText } from "./notification-text";

/** One notification. Opening it, in this tab or another, marks it read. */
export function NotificationRow({ notification }: { notification: Notification }) {
  const { t } = useTranslation();
  const { event, data, created_at, read_at } = notification;
  const opened = () => void markRead(notification);
  return (
    <li tabIndex={-1} className="notification" data-unread={read_at === null || undefined}>
      <Avatar person={{ ...data.by, avatar: null }} />
      <div>
        <Link to={notificationPath(notification)} onClick={opened} onAuxClick={opened}>
          {notificationText(notification, t)}
        </Link>
        {event === "post-commented" && <p className="notification-excerpt">{data.excerpt}</p>}
        <p className="notification-facts">
          <Moment at={created_at} />
          {read_at === null && <span className="tag">{t("notifications.unread")}</span>}
        </p>
      </div>
    </li>
  );
}
