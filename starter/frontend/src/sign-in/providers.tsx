import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { base } from "../shell/base";
import { providersQuery } from "./providers-query";
import "./providers.css";

interface ProvidersProps {
  /** The page of ours to come back to. */
  next: string;
  /** Keeps what is on this page: the provider opens beside it. */
  inNewTab?: boolean;
  /** Whether there is another way to sign in above. */
  afterForm?: boolean;
}

/** Ways to sign in with an outside provider; nothing where there are none. */
export function Providers({ next, inNewTab = false, afterForm = true }: ProvidersProps) {
  const { t } = useTranslation();
  const hintId = useId();
  const { data = [] } = useQuery(providersQuery);
  if (data.length === 0) {
    return null;
  }
  const query = new URLSearchParams({ next: new URL(base + next, window.location.href).href });
  return (
    <div className="providers">
      {afterForm && <p className="providers-or">{t("signIn.or")}</p>}
      {data.map(({ name, title, url }) => (
        <a
          key={name}
          className="button"
          data-kind={afterForm ? undefined : "primary"}
          href={`${url}?${query}`}
          {...(inNewTab && { target: "_blank", rel: "noopener", "aria-describedby": hintId })}
        >
          {t("signIn.with", { provider: title })}
        </a>
      ))}
      {inNewTab && (
        <p id={hintId} className="providers-hint">
          {t("signIn.newTab")}
        </p>
      )}
    </div>
  );
}
