import { useTranslation } from "react-i18next";
import type { Profile } from "../api/client";
import { Avatar } from "../ui/avatar";
import { Link } from "../ui/link";
import "./write-line.css";

/** An invitation to write, above the feed. */
export function WriteLine({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  return (
    <Link className="write-line" to="/posts/new">
      <Avatar person={profile} />
      <span>{t("feed.write", { name: profile.name })}</span>
    </Link>
  );
}
