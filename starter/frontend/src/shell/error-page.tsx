import { isNetworkError, isProblemError } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { isOffline } from "../api/problem-key";
import { Button } from "../ui/button";
import { Page } from "../ui/page";
import { base } from "./base";

/** In place of a screen that could not be shown. Loading the page again is the cure for each of the reasons. */
export function ErrorPage() {
  const { t } = useTranslation();
  const error = useRouteError();
  const reason = reasonOf(error);
  const requestId = isProblemError(error) ? error.problem.request_id : undefined;
  return (
    <div className="narrow" role="alert">
      <Page title={t(`error.${reason}.heading`)} beside={<p>{t(`error.${reason}.text`)}</p>}>
        {requestId && <p>{t("error.requestId", { id: requestId })}</p>}
        <div className="form-actions">
          <Button kind="primary" onClick={() => window.location.reload()}>
            {t("error.reload")}
          </Button>
          {/* A plain link: the page is loaded anew. */}
          <a className="button" href={`${base}/`}>
            {t("error.home")}
          </a>
        </div>
      </Page>
    </div>
  );
}

function reasonOf(error: unknown): "offline" | "update" | "fault" {
  if (isNetworkError(error) ? isOffline(error) : !navigator.onLine) {
    return "offline";
  }
  return isNetworkError(error) || isMissingChunk(error) ? "update" : "fault";
}

/** A chunk that did not arrive. Every browser words its TypeError in a way of its own; Vite adds one for stylesheets. */
function isMissingChunk(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module script|preload CSS/i.test(error.message)
  );
}
