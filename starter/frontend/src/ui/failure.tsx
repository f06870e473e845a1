import { useTranslation } from "react-i18next";
import { problemKey } from "../api/problem-key";
import { Button } from "./button";
import { Notice } from "./notice";

/** Something did not load: says why, and lets it be tried again. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation();
  return (
    <Notice alert title={t("error.loadFailed")} text={t(problemKey(error))}>
      <Button onClick={retry}>{t("error.retry")}</Button>
    </Notice>
  );
}
