import { useTranslation } from "react-i18next";
import { Link } from "../ui/link";
import { Page } from "../ui/page";

/** The end of a sign-in with an outside provider that was begun over another tab's screen. */
export default function SignedInPage() {
  const { t } = useTranslation();
  return (
    <div className="narrow">
      <Page title={t("signIn.doneHeading")} beside={<p>{t("signIn.doneText")}</p>}>
        <Link className="button" to="/">
          {t("error.home")}
        </Link>
      </Page>
    </div>
  );
}
