import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import "./offline-notice.css";

/** A line that appears while the browser has no connection. */
export function OfflineNotice() {
  const { t } = useTranslation();
  const online = useSyncExternalStore(watchConnection, () => navigator.onLine);
  return (
    <div className="offline" role="status">
      {!online && <p>{t("shell.offline")}</p>}
    </div>
  );
}

function watchConnection(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}
