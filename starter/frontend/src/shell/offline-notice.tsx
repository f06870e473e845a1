import { useTranslation } from "react-i18next";
import { useOnline } from "../ui/online";
import "./offline-notice.css";

/** A line that appears while the browser has no connection. */
export function OfflineNotice() {
  const { t } = useTranslation();
  const online = useOnline();
  return (
    <div className="offline" role="status">
      {!online && <p>{t("shell.offline")}</p>}
    </div>
  );
}
