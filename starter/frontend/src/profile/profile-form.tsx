import { unwrap } from "flask-dovetail";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { dovetail, type Profile } from "../api/client";
import { queryClient } from "../api/query-client";
import { meQuery } from "../sign-in/me";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { showProblem } from "../ui/form-problem";
import { toast } from "../ui/toast";
import { UnsavedWarning } from "../ui/unsaved-warning";

interface ProfileFormProps {
  profile: Profile;
  onDone: () => void;
}

export function ProfileForm({ profile, onDone }: ProfileFormProps) {
  const { t } = useTranslation();
  const form = useForm({
    defaultValues: { name: profile.name, bio: profile.bio },
    shouldFocusError: false,
  });
  const { isDirty, isSubmitting } = form.formState;

  async function save(values: { name: string; bio: string }) {
    const body = { name: values.name.trim(), bio: values.bio.trim() };
    try {
      const changed = await withLogin(async () =>
        unwrap(await dovetail.api.PATCH("/api/profile", { body })),
      );
      queryClient.setQueryData(meQuery.queryKey, (me) => me && { ...me, profile: changed });
      toast(t("profile.saved"));
      onDone();
    } catch (error) {
      showProblem(form, error);
    }
  }

  return (
    <>
      <Form form={form} labels={{ name: t("profile.name"), bio: t("profile.bio") }} onSubmit={save}>
        <Field
          form={form}
          name="name"
          label={t("profile.name")}
          hint={t("profile.nameHint")}
          autoComplete="name"
          autoFocus
          limits={{ min: 1, max: 80 }}
        />
        <Field
          form={form}
          name="bio"
          label={t("profile.bio")}
          hint={t("profile.bioHint")}
          rows={4}
          limits={{ max: 500 }}
        />
        <div className="form-actions">
          <Button type="submit" kind="primary" busy={isSubmitting}>
            {isSubmitting ? t("editor.saving") : t("editor.save")}
          </Button>
          <Button kind="quiet" onClick={onDone}>
            {t("editor.cancel")}
          </Button>
        </div>
      </Form>
      <UnsavedWarning unsaved={isDirty} />
    </>
  );
}
