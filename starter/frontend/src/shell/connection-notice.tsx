import { useTranslation } from "react-i18next";
import { liveUpdates } from "../live/state";
import { useOnline } from "../ui/online";
import "./connection-notice.css";

/** A line that appears while the browser has no connection, or while what is live cannot come. */
export function ConnectionNotice() {
  const { t } = useTranslation();
  const online = useOnline();
  const live = liveUpdates.use();
  return (
    <div className="connection-notice" role="status">
      {!online && <p>{t("shell.offline")}</p>}
      {online && live === "paused" && <p>{t("shell.livePaused")}</p>}
      {online && live === "resumed" && <p>{t("shell.liveAgain")}</p>}
    </div>
  );
}
