import { unwrap } from "flask-dovetail";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { dovetail } from "../api/client";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { showProblem } from "../ui/form-problem";
import { PasswordField } from "./password-field";

interface SignInFormProps {
  /** Who is expected to sign in. */
  email?: string;
  /** Nobody else may. */
  onlyThem?: boolean;
  /** A second button. */
  beside?: ReactNode;
}

/** The one form for signing in: on its own page, and in the dialog over a screen. Then see follow-login.ts. */
export function SignInForm({ email: expected = "", onlyThem = false, beside }: SignInFormProps) {
  const { t } = useTranslation();
  const form = useForm({
    defaultValues: { email: expected, password: "" },
    shouldFocusError: false,
  });
  const { isSubmitting } = form.formState;

  return (
    <Form
      form={form}
      labels={{ email: t("signIn.email"), password: t("signIn.password") }}
      onSubmit={async ({ email, password }) => {
        try {
          unwrap(await dovetail.auth.signIn({ email: email.trim(), password }));
        } catch (error) {
          showProblem(form, error);
        }
      }}
    >
      <Field
        form={form}
        name="email"
        label={t("signIn.email")}
        type="email"
        autoComplete="username"
        readOnly={onlyThem}
        limits={{ min: 1, email: true }}
      />
      <PasswordField
        form={form}
        name="password"
        autoComplete="current-password"
        limits={{ min: 1 }}
        autoFocus={expected !== ""}
      />
      <div className="form-actions">
        <Button type="submit" kind="primary" busy={isSubmitting}>
          {isSubmitting ? t("signIn.submitting") : t("signIn.submit")}
        </Button>
        {beside}
      </div>
    </Form>
  );
}
