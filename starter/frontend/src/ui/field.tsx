import type { ReactNode } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField } from "react-aria-components/TextField";
import { type FieldValues, type Path, type UseFormReturn, useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { ProblemKey } from "../api/problem-key";
import { type FieldLimits, rulesFor } from "./field-rules";
import type { FieldMessage } from "./form-problem";
import "./field.css";

interface FieldProps<Values extends FieldValues> {
  form: UseFormReturn<Values>;
  name: Path<Values>;
  label: string;
  hint?: string;
  limits?: FieldLimits;
  type?: "text" | "email" | "password";
  autoComplete?: string;
  autoFocus?: boolean;
  readOnly?: boolean;
  /** Several lines; the number of them that are shown at first. */
  rows?: number;
  /** At the end of the input, such as a button that shows the password. */
  after?: ReactNode;
}

/** A labelled text input that tells its hint and its error to screen readers too. */
export function Field<Values extends FieldValues>(props: FieldProps<Values>) {
  const { t } = useTranslation();
  const limits = props.limits ?? {};
  const {
    field: { ref, ...field },
    fieldState,
  } = useController({
    name: props.name,
    control: props.form.control,
    rules: rulesFor(limits),
  });
  const left = (limits.max ?? Number.POSITIVE_INFINITY) - Array.from(field.value as string).length;
  const nearEnd = left <= (limits.max ?? 0) / 5;
  const room = left < 0 ? t("editor.over", { count: -left }) : t("editor.left", { count: left });

  return (
    <TextField
      className="field"
      name={field.name}
      value={field.value as string}
      onChange={field.onChange}
      onBlur={field.onBlur}
      type={props.type ?? "text"}
      autoComplete={props.autoComplete ?? "off"}
      autoFocus={props.autoFocus ?? false}
      isReadOnly={props.readOnly ?? false}
      isRequired={limits.min !== undefined}
      isInvalid={fieldState.invalid}
      validationBehavior="aria"
    >
      <Label>{props.label}</Label>
      <div className="field-box">
        {props.rows ? <TextArea ref={ref} rows={props.rows} /> : <Input ref={ref} />}
        {props.after}
      </div>
      {(props.hint || nearEnd) && <Text slot="description">{nearEnd ? room : props.hint}</Text>}
      <FieldError>
        {fieldState.error?.message &&
          t(fieldState.error.message as FieldMessage | ProblemKey, { ...limits })}
      </FieldError>
    </TextField>
  );
}
