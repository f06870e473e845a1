import { useTranslation } from "react-i18next";
import { Link } from "../ui/link";
import { Page } from "../ui/page";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <div className="narrow">
      <Page title={t("error.notFoundHeading")} beside={<p>{t("error.notFoundText")}</p>}>
        <Link className="button" to="/">
          {t("error.home")}
        </Link>
      </Page>
    </div>
  );
}
