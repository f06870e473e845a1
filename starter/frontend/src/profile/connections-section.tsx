import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { AddressProblem } from "../sign-in/address-problem";
import { providersQuery } from "../sign-in/providers-query";
import { ConnectionRow } from "./connection-row";
import { connectionsQuery } from "./connections-query";

/** The outside providers, and which of them are connected; nothing where there are none. */
export function ConnectionsSection({ hasPassword }: { hasPassword: boolean }) {
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
            connection={connections.find((one) => one.provider === provider.name)}
            isOnlyWayIn={!hasPassword && connections.length === 1}
          />
        ))}
      </ul>
    </section>
  );
}
