import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { Board } from "../ui/board";
import { Link } from "../ui/link";
import { Page } from "../ui/page";
import { SignInForm } from "./sign-in-form";

export default function SignInPage() {
  const { t } = useTranslation();
  const { search } = useLocation();

  return (
    <Board title={t("signIn.boardTitle")} text={t("signIn.boardText")}>
      <Page title={t("signIn.heading")} beside={search && <p>{t("signIn.needed")}</p>}>
        <SignInForm />
        <p className="boards-other">
          {t("signIn.noAccount")}{" "}
          <Link className="text-link" to={`/sign-up${search}`}>
            {t("shell.signUp")}
          </Link>
        </p>
      </Page>
    </Board>
  );
}
