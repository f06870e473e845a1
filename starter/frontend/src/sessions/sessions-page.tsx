import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMe } from "../sign-in/me";
import { SignInNeeded } from "../sign-in/sign-in-needed";
import { Failure } from "../ui/failure";
import { Page } from "../ui/page";
import { Skeleton } from "../ui/skeleton";
import { EndOthers } from "./end-others";
import { SessionRow } from "./session-row";
import "./sessions-page.css";
import { sessionsQuery } from "./sessions-query";

export default function SessionsPage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <div className="narrow">
      <Page title={t("sessions.heading")} beside={<p>{t("sessions.intro")}</p>}>
        {me === null ? <SignInNeeded next="/sessions" /> : <Sessions />}
      </Page>
    </div>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(sessionsQuery);
  if (!data) {
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Skeleton lines={5} />;
  }
  return (
    <>
      <ul className="sessions" aria-label={t("sessions.list")}>
        {data.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      {data.length > 1 ? <EndOthers /> : <p>{t("sessions.onlyThis")}</p>}
    </>
  );
}
