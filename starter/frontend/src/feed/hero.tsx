import { useTranslation } from "react-i18next";
import { Joint } from "../ui/joint";
import { Link } from "../ui/link";
import "./hero.css";

/** What a visitor who is not signed in sees first. */
export function Hero() {
  const { t } = useTranslation();
  return (
    <section className="hero" aria-label={t("app.tagline")}>
      <div className="hero-board">
        <div className="hero-words">
          <p className="hero-tagline">{t("app.tagline")}</p>
          <p>{t("app.description")}</p>
          <div className="hero-actions">
            <Link className="button" data-kind="maple" to="/sign-up">
              {t("shell.signUp")}
            </Link>
            <Link className="button" data-kind="on-board" to="/sign-in">
              {t("shell.signIn")}
            </Link>
          </div>
        </div>
      </div>
      <Joint />
    </section>
  );
}
