import { useMutation } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { Icon } from "../ui/icon";
import { toast } from "../ui/toast";

/** What follows from signing out is in follow-login.ts, as for the other tabs. */
export function SignOutButton({ className }: { className: string }) {
  const { t } = useTranslation();
  const { mutate, isPending } = useMutation({
    mutationFn: async () => unwrap(await dovetail.auth.signOut()),
    onError: (error) => toast(t(problemKey(error))),
  });
  return (
    <button
      type="button"
      className={className}
      aria-disabled={isPending || undefined}
      onClick={() => isPending || mutate()}
    >
      <Icon name="signOut" />
      <span>{t("shell.signOut")}</span>
    </button>
  );
}
