import { useTranslation } from "react-i18next";
import { Link } from "../ui/link";
import { Notice } from "../ui/notice";
import { signInPath } from "./return-path";

/** For who declined to sign in again: what was here is theirs no more. Signing in leads to `next`. */
export function SignInNeeded({ next }: { next: string }) {
  const { t } = useTranslation();
  return (
    <Notice title={t("signIn.needed")}>
      <Link className="button" data-kind="primary" to={signInPath(next)}>
        {t("shell.signIn")}
      </Link>
    </Notice>
  );
}
