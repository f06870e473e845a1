import { useTranslation } from "react-i18next";
import { Link } from "../ui/link";
import { Page } from "../ui/page";

export function PostMissing() {
  const { t } = useTranslation();
  return (
    <div className="narrow">
      <Page title={t("post.notFoundTitle")} beside={<p>{t("post.notFoundText")}</p>}>
        <Link className="button" to="/">
          {t("post.back")}
        </Link>
      </Page>
    </div>
  );
}
