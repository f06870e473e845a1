import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { liveUpdates } from "../live/state";
import { useMe } from "../sign-in/me";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import "./bell.css";
import { unreadQuery } from "./unread-query";

const most = 99;

/** The way to the notifications, with how many are not read. Its clapper shows whether they come live. */
export function Bell() {
  return useMe() && <SomebodysBell />;
}

function SomebodysBell() {
  const { t } = useTranslation();
  const { data: unread = 0 } = useQuery(unreadQuery);
  const live = liveUpdates.use();
  const label = unread > 0 ? t("shell.bellUnread", { count: unread }) : t("shell.bell");
  const paused = live === "paused" ? t("shell.livePaused") : "";
  return (
    <Link
      className="bell"
      data-live={live}
      to="/notifications"
      aria-label={`${label} ${paused}`.trim()}
    >
      <Icon name="bell" />
      {unread > 0 && (
        <span className="bell-count" aria-hidden="true">
          {unread > most ? `${most}+` : unread}
        </span>
      )}
    </Link>
  );
}
