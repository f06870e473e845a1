import { useTranslation } from "react-i18next";
import { Icon } from "./icon";
import { dismiss, toasts } from "./toast";
import "./toasts.css";

/** The live region: always in the page, so that what enters it is read out. */
export function Toasts() {
  const { t } = useTranslation();
  return (
    <section className="toasts" aria-label={t("shell.notifications")}>
      <div role="status" aria-atomic="false">
        {toasts.use().map(({ id, text }) => (
          <div key={id} className="toast">
            <p>{text}</p>
            <button type="button" aria-label={t("shell.dismiss")} onClick={() => dismiss(id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </section>
  );
}
