import { type ReactNode, useEffect, useRef } from "react";
import type { FieldErrors, FieldValues, Path, UseFormReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { ProblemKey } from "../api/problem-key";
import "./form.css";

interface FormProps<Values extends FieldValues> {
  form: UseFormReturn<Values>;
  /** What each field is called, for the list of problems. */
  labels: Record<Path<Values>, string>;
  /** Rejects by showing the problem in the form itself: see `showProblem`. */
  onSubmit: (values: Values) => Promise<void>;
  children: ReactNode;
}

/** A form that, when something is refused, moves the focus to a list of what there is to fix. */
export function Form<Values extends FieldValues>(props: FormProps<Values>) {
  const { errors, submitCount, isSubmitting } = props.form.formState;

  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        if (isSubmitting) {
          event.preventDefault();
        } else {
          void props.form.handleSubmit(props.onSubmit)(event);
        }
      }}
    >
      {/* A new one for each attempt, so that each moves the focus and is read out. */}
      <Summary
        key={submitCount}
        errors={errors}
        labels={props.labels}
        goTo={(name) => props.form.setFocus(name)}
      />
      {props.children}
    </form>
  );
}

interface SummaryProps<Values extends FieldValues> {
  errors: FieldErrors<Values>;
  labels: Record<Path<Values>, string>;
  goTo: (name: Path<Values>) => void;
}

function Summary<Values extends FieldValues>({ errors, labels, goTo }: SummaryProps<Values>) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);

  const refused = (Object.keys(labels) as Path<Values>[]).filter((name) => errors[name]);
  const general = errors.root?.server?.message as ProblemKey | undefined;
  if (refused.length === 0 && !general) {
    return null;
  }
  return (
    <div className="form-summary" ref={box} tabIndex={-1} role="alert">
      <strong>{general ? t("form.failed") : t("form.summary", { count: refused.length })}</strong>
      {general && <p>{t(general)}</p>}
      <ul>
        {refused.map((name) => (
          <li key={name}>
            <button type="button" onClick={() => goTo(name)}>
              {labels[name]}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
