import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/dialog";
import { useMe } from "./me";
import { goOnSignedOut } from "./sign-in-again";
import { SignInForm } from "./sign-in-form";

/** Over the screen whose login has ended. It goes by itself when somebody signs in, here or in another tab. */
export default function SignInDialog() {
  const { t } = useTranslation();
  const email = useMe()?.profile.email ?? "";
  return (
    <Dialog title={t("signIn.expiredTitle")} onClose={goOnSignedOut}>
      <p>{t("signIn.expiredText")}</p>
      <SignInForm email={email} decline={{ label: t("signIn.notNow"), onPress: goOnSignedOut }} />
    </Dialog>
  );
}
