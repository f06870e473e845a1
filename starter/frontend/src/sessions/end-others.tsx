import { useMutation } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { queryClient } from "../api/query-client";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { sessionsQuery } from "./sessions-query";

const ConfirmDialog = lazy(() => import("../ui/confirm-dialog"));

/** Signs out every device but this one, after a question. */
export function EndOthers() {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);

  const { mutate, isPending } = useMutation({
    mutationFn: () => withLogin(async () => unwrap(await dovetail.auth.signOutOthers())),
    onSuccess: (count) => toast(t("sessions.endedOthers", { count })),
    onError: (error) => toast(t(problemKey(error))),
    onSettled: () => {
      setAsking(false);
      return queryClient.invalidateQueries(sessionsQuery);
    },
  });

  return (
    <>
      <Button kind="danger" onClick={() => setAsking(true)}>
        {t("sessions.endOthers")}
      </Button>
      {asking && (
        <Suspense>
          <ConfirmDialog
            title={t("sessions.endOthersTitle")}
            text={t("sessions.endOthersText")}
            confirm={t("sessions.endOthers")}
            cancel={t("editor.cancel")}
            busy={isPending}
            onConfirm={() => mutate()}
            onCancel={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}
