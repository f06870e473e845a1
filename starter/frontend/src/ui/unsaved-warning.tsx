import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker } from "react-router";

const ConfirmDialog = lazy(() => import("./confirm-dialog"));

/** Asks before a navigation, or the closing of the tab, throws away what was typed. */
export function UnsavedWarning({ unsaved }: { unsaved: boolean }) {
  const { t } = useTranslation();
  const blocker = useBlocker(unsaved);

  useEffect(() => {
    if (!unsaved) {
      return;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);

  return (
    blocker.state === "blocked" && (
      <Suspense>
        <ConfirmDialog
          title={t("editor.leaveTitle")}
          text={t("editor.leaveText")}
          confirm={t("editor.leave")}
          cancel={t("editor.stay")}
          onConfirm={() => blocker.proceed()}
          onCancel={() => blocker.reset()}
        />
      </Suspense>
    )
  );
}
