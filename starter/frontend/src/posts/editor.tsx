import { useEffect, useEffectEvent, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { Post } from "../api/client";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { showProblem } from "../ui/form-problem";
import { Link } from "../ui/link";
import { UnsavedWarning } from "../ui/unsaved-warning";

export interface Draft {
  title: string;
  body: string;
}

interface EditorProps {
  start: Draft;
  /** Where cancelling leads. */
  back: string;
  labels: { submit: string; submitting: string };
  save: (draft: Draft) => Promise<Post>;
  onSaved: (post: Post) => void;
}

/** Where posts are written. What was typed is only let go of when it is saved, or when its writer says so. */
export function Editor({ start, back, labels, save, onSaved }: EditorProps) {
  const { t } = useTranslation();
  const form = useForm<Draft>({ defaultValues: start, shouldFocusError: false });
  const { isDirty, isSubmitting } = form.formState;
  const [saved, setSaved] = useState<Post>();

  // Only after the warning below has heard that nothing is unsaved any more.
  const whenSaved = useEffectEvent(onSaved);
  useEffect(() => {
    if (saved) {
      whenSaved(saved);
    }
  }, [saved]);

  return (
    <>
      <Form
        form={form}
        labels={{ title: t("editor.title"), body: t("editor.text") }}
        onSubmit={async ({ title, body }) => {
          try {
            setSaved(await withLogin(() => save({ title: title.trim(), body: body.trim() })));
          } catch (error) {
            showProblem(form, error);
          }
        }}
      >
        <Field form={form} name="title" label={t("editor.title")} limits={{ min: 1, max: 120 }} />
        <Field
          form={form}
          name="body"
          label={t("editor.text")}
          hint={t("editor.textHint")}
          rows={10}
          limits={{ min: 1, max: 5000 }}
        />
        <div className="form-actions">
          <Button type="submit" kind="primary" busy={isSubmitting}>
            {isSubmitting ? labels.submitting : labels.submit}
          </Button>
          <Link className="button" data-kind="quiet" to={back}>
            {t("editor.cancel")}
          </Link>
        </div>
      </Form>
      <UnsavedWarning unsaved={isDirty && !saved} />
    </>
  );
}
