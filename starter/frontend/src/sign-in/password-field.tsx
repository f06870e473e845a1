import { useState } from "react";
import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Field } from "../ui/field";
import type { FieldLimits } from "../ui/field-rules";
import { Icon } from "../ui/icon";

interface PasswordFieldProps<Values extends FieldValues> {
  form: UseFormReturn<Values>;
  name: Path<Values>;
  autoComplete: "current-password" | "new-password";
  limits: FieldLimits;
  /** Default: "Password". */
  label?: string;
  hint?: string;
  autoFocus?: boolean;
}

/** A password, which its writer may look at. */
export function PasswordField<Values extends FieldValues>(props: PasswordFieldProps<Values>) {
  const { t } = useTranslation();
  const [visible, setVisible] = useState(false);
  return (
    <Field
      {...props}
      label={props.label ?? t("signIn.password")}
      type={visible ? "text" : "password"}
      after={
        <button
          type="button"
          aria-label={t("signIn.showPassword")}
          aria-pressed={visible}
          onClick={() => setVisible(!visible)}
        >
          <Icon name="eye" />
        </button>
      }
    />
  );
}
