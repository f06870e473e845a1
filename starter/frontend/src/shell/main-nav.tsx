import { useTranslation } from "react-i18next";
import { useMe } from "../sign-in/me";
import { SignOutButton } from "../sign-in/sign-out-button";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { uploadsUnderWay } from "../ui/under-way";
import "./main-nav.css";

/** The main links: in the head of the page, and at the thumb on narrow screens. */
export function MainNav() {
  const { t } = useTranslation();
  const me = useMe();
  const underWay = uploadsUnderWay.use();
  return (
    <nav className="main-nav" aria-label={t("shell.main")}>
      <Link to="/">
        <Icon name="home" />
        <span>{t("shell.home")}</span>
      </Link>
      {me && (
        <>
          <Link to="/posts/new">
            <Icon name="write" />
            <span>{t("shell.newPost")}</span>
          </Link>
          <Link to="/my-files">
            <Icon name="files" />
            <span>{t("shell.files")}</span>
            {underWay > 0 && (
              <span
                className="main-nav-count"
                role="img"
                aria-label={t("shell.uploading", { count: underWay })}
              >
                {underWay}
              </span>
            )}
          </Link>
          <Link to="/profile">
            <Icon name="person" />
            <span>{t("shell.profile")}</span>
          </Link>
          <SignOutButton className="main-nav-button" />
        </>
      )}
      {me === null && (
        <>
          <Link to="/sign-in">
            <Icon name="signIn" />
            <span>{t("shell.signIn")}</span>
          </Link>
          <Link to="/sign-up">
            <Icon name="person" />
            <span>{t("shell.signUp")}</span>
          </Link>
        </>
      )}
    </nav>
  );
}
