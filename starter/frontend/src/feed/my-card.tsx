import { useTranslation } from "react-i18next";
import type { Profile } from "../api/client";
import { Avatar } from "../ui/avatar";
import { Link } from "../ui/link";
import { SideCard } from "./side-card";

/** Who is signed in, and the way to what is theirs. */
export function MyCard({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  return (
    <SideCard label={t("shell.signedInAs", { name: profile.name })}>
      <Avatar person={profile} />
      <strong>{profile.name}</strong>
      <p>{profile.bio || t("profile.noBio")}</p>
      <ul>
        <li>
          <Link className="text-link" to="/profile">
            {t("profile.edit")}
          </Link>
        </li>
        <li>
          <Link className="text-link" to="/sessions">
            {t("shell.sessions")}
          </Link>
        </li>
      </ul>
    </SideCard>
  );
}
