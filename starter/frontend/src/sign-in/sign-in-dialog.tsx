import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useMe } from "./me";
import { Providers } from "./providers";
import { decline, type Reason } from "./sign-in-again";
import { SignInForm } from "./sign-in-form";

/** Over the screen that waits for a sign-in. It goes by itself when somebody signs in, here or in another tab. */
export default function SignInDialog({ reason }: { reason: Reason }) {
  const { t } = useTranslation();
  const profile = useMe()?.profile;
  const hasPassword = profile?.has_password ?? true;
  const notNow = <Button onClick={decline}>{t("signIn.notNow")}</Button>;
  useEffect(lookWhenSeenAgain, []);
  return (
    <Dialog title={t(`signIn.${reason}.title`)} onClose={decline}>
      <p>{t(`signIn.${reason}.text`)}</p>
      {hasPassword && (
        <SignInForm email={profile?.email ?? ""} onlyThem={reason === "confirm"} beside={notNow} />
      )}
      <Providers next="/signed-in" inNewTab afterForm={hasPassword} />
      {!hasPassword && <div className="form-actions">{notNow}</div>}
    </Dialog>
  );
}

/** An outside provider signs in behind this page's back, in a tab of its own. */
function lookWhenSeenAgain(): () => void {
  const look = () => {
    if (document.visibilityState === "visible") {
      dovetail.auth.session({ fresh: true }).catch(() => {}); // offline: asked when seen the next time
    }
  };
  document.addEventListener("visibilitychange", look);
  return () => document.removeEventListener("visibilitychange", look);
}
