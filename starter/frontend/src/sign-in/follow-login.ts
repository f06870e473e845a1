/** What signing in and out does to the screen, also when it happens in another tab. */

import i18next from "i18next";
import type { DataRouter } from "react-router";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { toast } from "../ui/toast";
import { meQuery } from "./me";
import { askToSignIn, goOnSignedOut, stopAsking } from "./sign-in-again";

/** Routes with this handle are for people who are signed in. */
export const signedInHandle = { signedIn: true };

export function followLogin(router: DataRouter): void {
  dovetail.on("signed-in", ({ login }) => {
    const former = queryClient.getQueryData(meQuery.queryKey)?.login.subject;
    if (former !== undefined && former !== login?.subject) {
      goOnSignedOut(); // somebody else: nothing of the former person's is shown to them, or saved for them
    }
    stopAsking();
    void queryClient.invalidateQueries();
    void router.revalidate(); // the sign-in page leads on, in every tab that shows it
  });

  dovetail.on("session-expired", ({ code }) => {
    if (queryClient.getQueryData(meQuery.queryKey)) {
      askToSignIn(code === "REFRESH_REUSED" ? "reused" : "expired");
    }
  });

  dovetail.on("signed-out", () => {
    goOnSignedOut();
    void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
    toast(i18next.t("shell.signedOut"));
    if (router.state.matches.some(({ route }) => route.handle === signedInHandle)) {
      void router.navigate("/");
    }
  });
}
