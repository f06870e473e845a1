import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, ScrollRestoration, useNavigation } from "react-router";
import { Bell } from "../notifications/bell";
import { useSignInAsked } from "../sign-in/sign-in-again";
import { Joint } from "../ui/joint";
import { Link } from "../ui/link";
import { Logo } from "../ui/logo";
import { Toasts } from "../ui/toasts";
import { ConnectionNotice } from "./connection-notice";
import { LanguageSwitch } from "./language-switch";
import { MainNav } from "./main-nav";
import "./shell.css";
import { ThemeSwitch } from "./theme-switch";

const SignInDialog = lazy(() => import("../sign-in/sign-in-dialog"));

/** What surrounds every screen. */
export function Shell() {
  const { t } = useTranslation();
  const busy = useNavigation().state === "loading";
  const signInAsked = useSignInAsked();
  return (
    <>
      <a className="skip" href="#main">
        {t("shell.skip")}
      </a>
      <header className="board">
        <div className="board-inner">
          <Link className="brand" to="/">
            <Logo />
            Dovetail
          </Link>
          <MainNav />
          <Bell />
          <div className="board-settings" role="group" aria-label={t("shell.settings")}>
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </div>
        <Joint />
      </header>
      <div className="progress" data-busy={busy || undefined} aria-hidden="true" />
      <main id="main" tabIndex={-1}>
        <ConnectionNotice />
        <Outlet />
      </main>
      <Toasts />
      {signInAsked && (
        <Suspense>
          <SignInDialog reason={signInAsked} />
        </Suspense>
      )}
      <ScrollRestoration />
    </>
  );
}
