import { useTranslation } from "react-i18next";
import { Link } from "../ui/link";
import { SideCard } from "./side-card";

/** The invitation that stays in view while a visitor reads. */
export function VisitorCard() {
  const { t } = useTranslation();
  return (
    <SideCard label={t("app.visitorTitle")}>
      <strong>{t("app.visitorTitle")}</strong>
      <p>{t("app.visitorText")}</p>
      <Link className="button" to="/sign-up">
        {t("shell.signUp")}
      </Link>
    </SideCard>
  );
}
