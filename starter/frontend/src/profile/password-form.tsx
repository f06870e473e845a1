import { unwrap } from "flask-dovetail";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { dovetail, type Profile } from "../api/client";
import { queryClient } from "../api/query-client";
import { meQuery } from "../sign-in/me";
import { PasswordField } from "../sign-in/password-field";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { Form } from "../ui/form";
import { showProblem } from "../ui/form-problem";
import { toast } from "../ui/toast";

interface PasswordFormProps {
  /** What the button says: a verb. */
  action: string;
  profile: Profile;
  onDone: () => void;
}

/** Who signed in long ago is asked to confirm that it is them, over what they have typed here. */
export function PasswordForm({ action, profile, onDone }: PasswordFormProps) {
  const { t } = useTranslation();
  const form = useForm({ defaultValues: { password: "" }, shouldFocusError: false });
  const { isSubmitting } = form.formState;

  async function save(body: { password: string }) {
    try {
      await withLogin(async () => unwrap(await dovetail.api.PUT("/api/password", { body })));
      queryClient.setQueryData(
        meQuery.queryKey,
        (me) => me && { ...me, profile: { ...me.profile, has_password: true } },
      );
      toast(t(profile.has_password ? "profile.passwordChanged" : "profile.passwordSet"));
      onDone();
    } catch (error) {
      showProblem(form, error);
    }
  }

  return (
    <Form form={form} labels={{ password: t("profile.newPassword") }} onSubmit={save}>
      {/* For password managers: whose password it is. */}
      <input hidden readOnly autoComplete="username" value={profile.email} />
      <PasswordField
        form={form}
        name="password"
        label={t("profile.newPassword")}
        hint={t("signUp.passwordHint")}
        autoComplete="new-password"
        limits={{ min: 10, max: 200 }}
        autoFocus
      />
      <div className="form-actions">
        <Button type="submit" kind="primary" busy={isSubmitting}>
          {isSubmitting ? t("editor.saving") : action}
        </Button>
        <Button kind="quiet" onClick={onDone}>
          {t("editor.cancel")}
        </Button>
      </div>
    </Form>
  );
}
