import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { Board } from "../ui/board";
import { Link } from "../ui/link";
import { Page } from "../ui/page";
import { AddressProblem } from "./address-problem";
import { Providers } from "./providers";
import { returnPathOf } from "./return-path";
import { SignInForm } from "./sign-in-form";

export default function SignInPage() {
  const { t } = useTranslation();
  const { search } = useLocation();
  const asked = new URLSearchParams(search);
  const isLed = asked.has("next") && !asked.has("problem");

  return (
    <Board title={t("signIn.boardTitle")} text={t("signIn.boardText")}>
      <Page title={t("signIn.heading")} beside={isLed && <p>{t("signIn.needed")}</p>}>
        <AddressProblem />
        <SignInForm />
        <Providers next={returnPathOf(window.location.href)} />
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
