import { unwrap } from "flask-dovetail";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { dovetail } from "../api/client";
import { PasswordField } from "../sign-in/password-field";
import { Providers } from "../sign-in/providers";
import { returnPathOf } from "../sign-in/return-path";
import { Board } from "../ui/board";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Form } from "../ui/form";
import { showProblem } from "../ui/form-problem";
import { Link } from "../ui/link";
import { Page } from "../ui/page";
import { toast } from "../ui/toast";

export default function SignUpPage() {
  const { t } = useTranslation();
  const { search } = useLocation();
  const form = useForm({
    defaultValues: { name: "", email: "", password: "" },
    shouldFocusError: false,
  });
  const { isSubmitting } = form.formState;

  async function signUp(values: { name: string; email: string; password: string }) {
    const person = { ...values, name: values.name.trim(), email: values.email.trim() };
    try {
      unwrap(await dovetail.api.POST("/api/signup", { body: person }));
      const { email, password } = person;
      unwrap(await dovetail.auth.signIn({ email, password }));
      toast(t("signUp.welcome", { name: person.name }));
    } catch (error) {
      showProblem(form, error, { EMAIL_TAKEN: "email" });
    }
  }

  return (
    <Board title={t("signUp.boardTitle")} text={t("signUp.boardText")}>
      <Page title={t("signUp.heading")}>
        <Form
          form={form}
          labels={{
            name: t("signUp.name"),
            email: t("signUp.email"),
            password: t("signIn.password"),
          }}
          onSubmit={signUp}
        >
          <Field
            form={form}
            name="name"
            label={t("signUp.name")}
            hint={t("signUp.nameHint")}
            autoComplete="name"
            limits={{ min: 1, max: 80 }}
          />
          <Field
            form={form}
            name="email"
            label={t("signUp.email")}
            type="email"
            autoComplete="username"
            limits={{ min: 1, max: 254, email: true }}
          />
          <PasswordField
            form={form}
            name="password"
            hint={t("signUp.passwordHint")}
            autoComplete="new-password"
            limits={{ min: 10, max: 200 }}
          />
          <div className="form-actions">
            <Button type="submit" kind="primary" busy={isSubmitting}>
              {isSubmitting ? t("signUp.submitting") : t("signUp.submit")}
            </Button>
          </div>
        </Form>
        <Providers next={returnPathOf(window.location.href)} />
        <p className="boards-other">
          {t("signUp.haveAccount")}{" "}
          <Link className="text-link" to={`/sign-in${search}`}>
            {t("shell.signIn")}
          </Link>
        </p>
      </Page>
    </Board>
  );
}
