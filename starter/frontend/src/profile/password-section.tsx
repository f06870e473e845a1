import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Profile } from "../api/client";
import { Button } from "../ui/button";
import { PasswordForm } from "./password-form";

/** One's password: changed, or set for the first time by who has signed in without one. */
export function PasswordSection({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const hasPassword = profile.has_password;
  const action = t(hasPassword ? "profile.changePassword" : "profile.setPassword");
  return (
    <section className="profile-section">
      <h2>{t("profile.password")}</h2>
      <p>{t(hasPassword ? "profile.passwordText" : "profile.noPasswordText")}</p>
      {editing ? (
        <PasswordForm action={action} profile={profile} onDone={() => setEditing(false)} />
      ) : (
        <Button onClick={() => setEditing(true)}>{action}</Button>
      )}
    </section>
  );
}
