import { useTranslation } from "react-i18next";
import { Icon } from "./icon";
import { act, dismiss, toasts } from "./toast";
import "./toasts.css";

/** The live region: always in the page, so that what enters it is read out. */
export function Toasts() {
  const { t } = useTranslation();
  return (
    <section className="toasts" aria-label={t("shell.notifications")}>
      <div role="status" aria-atomic="false">
        {toasts.use().map((toast) => (
          <div key={toast.id} id={`toast-${toast.id}`} className="toast">
            <p>{toast.text}</p>
            {toast.action && (
              <button type="button" className="toast-action" onClick={() => act(toast)}>
                {toast.action.label}
              </button>
            )}
            <button type="button" aria-label={t("shell.dismiss")} onClick={() => dismiss(toast.id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </section>
  );
}
