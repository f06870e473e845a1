import { useMutation } from "@tanstack/react-query";
import { type Connection, type Provider, unwrap } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { queryClient } from "../api/query-client";
import { calendarDay } from "../i18n/moments";
import { base } from "../shell/base";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { connectionsQuery } from "./connections-query";

interface ConnectionRowProps {
  provider: Provider;
  connection: Connection | undefined;
  /** Nobody may lock themselves out. */
  isOnlyWayIn: boolean;
}

/** One provider, and the button that connects it or takes it away. */
export function ConnectionRow({ provider, connection, isOnlyWayIn }: ConnectionRowProps) {
  const { t, i18n } = useTranslation();
  const { name, title } = provider;

  // Leaves the page for the provider's, which leads back here.
  const connect = useMutation({
    mutationFn: () =>
      withLogin(async () =>
        unwrap(
          await dovetail.auth.connect(name, { next: `${window.location.origin}${base}/profile` }),
        ),
      ),
    onError: (error) => toast(t(problemKey(error))),
  });

  const disconnect = useMutation({
    mutationFn: (id: string) => withLogin(async () => unwrap(await dovetail.auth.disconnect(id))),
    onSuccess: () => toast(t("profile.disconnected", { provider: title })),
    onError: (error) => toast(t(problemKey(error))),
    onSettled: () => queryClient.invalidateQueries(connectionsQuery),
  });

  return (
    <li>
      <div>
        <p className="connection-title">{title}</p>
        <p>
          {connection
            ? t("profile.connected", { when: calendarDay(connection.connected_at, i18n.language) })
            : t("profile.notConnected")}
        </p>
      </div>
      {!connection && (
        <Button
          busy={connect.isPending}
          aria-label={t("profile.connectLabel", { provider: title })}
          onClick={() => connect.mutate()}
        >
          {t("profile.connect")}
        </Button>
      )}
      {connection && !isOnlyWayIn && (
        <Button
          kind="quiet"
          busy={disconnect.isPending}
          aria-label={t("profile.disconnectLabel", { provider: title })}
          onClick={() => disconnect.mutate(connection.id)}
        >
          {t("profile.disconnect")}
        </Button>
      )}
    </li>
  );
}
