import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Profile } from "../api/client";
import { calendarDay } from "../i18n/moments";
import { useMe } from "../sign-in/me";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Link } from "../ui/link";
import { Page } from "../ui/page";
import { ConnectionsSection } from "./connections-section";
import { PasswordSection } from "./password-section";
import { ProfileForm } from "./profile-form";
import "./profile-page.css";
import { ProfilePicture } from "./profile-picture";

export default function ProfilePage() {
  const { t } = useTranslation();
  const me = useMe();
  const [editing, setEditing] = useState(false);
  return (
    <div className="narrow">
      <Page title={t("profile.heading")}>
        {me && (
          // When somebody else signs in, what the former person typed is not theirs to save.
          <Fragment key={me.profile.id}>
            {editing ? (
              <ProfileForm profile={me.profile} onDone={() => setEditing(false)} />
            ) : (
              <ProfileCard profile={me.profile} onEdit={() => setEditing(true)} />
            )}
            <PasswordSection profile={me.profile} />
            <ConnectionsSection hasPassword={me.profile.has_password} />
          </Fragment>
        )}
        <section className="profile-section">
          <h2>{t("profile.security")}</h2>
          <p>{t("profile.sessionsText")}</p>
          <Link className="button" to="/sessions">
            {t("shell.sessions")}
          </Link>
        </section>
      </Page>
    </div>
  );
}

function ProfileCard({ profile, onEdit }: { profile: Profile; onEdit: () => void }) {
  const { t, i18n } = useTranslation();
  return (
    <section className="profile-card" aria-label={profile.name}>
      <Avatar person={profile} width={72} />
      <div>
        <p className="profile-name">{profile.name}</p>
        <p>{profile.email}</p>
        <p className="profile-hint">{t("profile.emailHint")}</p>
      </div>
      <ProfilePicture profile={profile} />
      <p className="profile-bio">{profile.bio || t("profile.noBio")}</p>
      <p className="profile-joined">
        {t("profile.joined", { when: calendarDay(profile.joined_at, i18n.language) })}
      </p>
      <Button onClick={onEdit}>{t("profile.edit")}</Button>
    </section>
  );
}
