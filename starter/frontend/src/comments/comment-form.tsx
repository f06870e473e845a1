import { unwrap } from "flask-dovetail";
import { useEffect, useEffectEvent } from "react";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { type Comment, dovetail } from "../api/client";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { showProblem } from "../ui/form-problem";
import { UnsavedWarning } from "../ui/unsaved-warning";

interface CommentFormProps {
  postId: number;
  onWriting: () => void;
  onWritten: (comment: Comment) => void;
}

/** Where a comment is written. What was typed is only let go of when it is published, or when its writer says so. */
export default function CommentForm({ postId, onWriting, onWritten }: CommentFormProps) {
  const { t } = useTranslation();
  const form = useForm({ defaultValues: { text: "" }, shouldFocusError: false });
  const { isDirty, isSubmitting } = form.formState;
  const text = useWatch({ control: form.control, name: "text" });

  const whenWriting = useEffectEvent(onWriting);
  useEffect(() => {
    if (text) {
      whenWriting();
    }
  }, [text]);

  const save = async (words: string) =>
    unwrap(
      await dovetail.api.POST("/api/posts/{post_id}/comments", {
        params: { path: { post_id: postId } },
        body: { text: words },
      }),
    );

  return (
    <>
      <Form
        form={form}
        labels={{ text: t("comments.label") }}
        onSubmit={async (typed) => {
          try {
            const comment = await withLogin(() => save(typed.text.trim()));
            form.reset();
            onWritten(comment);
          } catch (error) {
            showProblem(form, error);
          }
        }}
      >
        <Field
          form={form}
          name="text"
          label={t("comments.label")}
          rows={3}
          limits={{ min: 1, max: 2000 }}
        />
        <div className="form-actions">
          <Button type="submit" kind="primary" busy={isSubmitting}>
            {t(isSubmitting ? "comments.submitting" : "comments.submit")}
          </Button>
        </div>
      </Form>
      <UnsavedWarning unsaved={isDirty} />
    </>
  );
}
