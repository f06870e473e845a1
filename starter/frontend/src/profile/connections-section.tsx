import { useMutation, useQuery } from "@tanstack/react-query";
import { type Provider, unwrap } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { calendarDay } from "../i18n/moments";
import { AddressProblem } from "../sign-in/address-problem";
import { providersQuery } from "../sign-in/providers-query";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { connectionsQuery } from "./connections-query";

/** The outside providers, and which of them are connected; nothing where there are none. */
export function ConnectionsSection() {
  const { t } = useTranslation();
  const { data: providers = [] } = useQuery(providersQuery);
  const { data: connections } = useQuery({ ...connectionsQuery, enabled: providers.length > 0 });
  if (!connections) {
    return null;
  }
  return (
    <section className="profile-section">
      <h2 id="connections">{t("profile.connections")}</h2>
      <p>{t("profile.connectionsText")}</p>
      <AddressProblem />
      <ul className="connections" aria-labelledby="connections">
        {providers.map((provider) => (
          <ConnectionRow
            key={provider.name}
            provider={provider}
            connectedAt={connections.find((one) => one.provider === provider.name)?.connected_at}
          />
        ))}
      </ul>
    </section>
  );
}

interface ConnectionRowProps {
  provider: Provider;
  connectedAt: string | undefined;
}

function ConnectionRow({ provider: { name, title }, connectedAt }: ConnectionRowProps) {
  const { t, i18n } = useTranslation();

  // Leaves the page for the provider's, which leads back here.
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      withLogin(async () =>
        unwrap(await dovetail.auth.connect(name, { next: `${window.location.origin}/profile` })),
      ),
    onError: (error) => toast(t(problemKey(error))),
  });

  return (
    <li>
      <div>
        <p className="connection-title">{title}</p>
        <p>
          {connectedAt
            ? t("profile.connected", { when: calendarDay(connectedAt, i18n.language) })
            : t("profile.notConnected")}
        </p>
      </div>
      {!connectedAt && (
        <Button
          busy={isPending}
          aria-label={t("profile.connectLabel", { provider: title })}
          onClick={() => mutate()}
        >
          {t("profile.connect")}
        </Button>
      )}
    </li>
  );
}
