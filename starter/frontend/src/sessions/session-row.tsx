import { useMutation } from "@tanstack/react-query";
import { type Device, unwrap } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { queryClient } from "../api/query-client";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Moment } from "../ui/moment";
import { toast } from "../ui/toast";
import { sessionsQuery } from "./sessions-query";

/** One login: what it runs on, when it was last used, and the button that ends it. */
export function SessionRow({ session }: { session: Device }) {
  const { t } = useTranslation();
  const device = session.device || t("sessions.unknownDevice");
  const handheld = /Android|iPhone|iPad|Mobile/.test(session.user_agent);

  const { mutate, isPending } = useMutation({
    mutationFn: () => withLogin(async () => unwrap(await dovetail.auth.endSession(session.id))),
    onSuccess: () => toast(t("sessions.ended", { device })),
    onError: (error) => toast(t(problemKey(error))),
    onSettled: () => queryClient.invalidateQueries(sessionsQuery),
  });

  return (
    <li className="session">
      <Icon name={handheld ? "phone" : "device"} />
      <div>
        <p className="session-device">
          {device}
          {session.current && <span className="tag">{t("sessions.current")}</span>}
        </p>
        <p>{t("sessions.address", { address: session.address })}</p>
        <p>
          {t("sessions.lastSeen")} <Moment at={session.last_seen_at} /> · {t("sessions.since")}{" "}
          <Moment at={session.created_at} as="day" />
        </p>
      </div>
      {!session.current && (
        <Button
          busy={isPending}
          aria-label={t("sessions.endLabel", { device })}
          onClick={() => mutate()}
        >
          {t("shell.signOut")}
        </Button>
      )}
    </li>
  );
}
