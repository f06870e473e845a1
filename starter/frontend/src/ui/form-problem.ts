/** Puts what the server refused where it belongs: at the field that its pointer names, else above the form. */

import { isProblemError } from "flask-dovetail";
import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { problemKey } from "../api/problem-key";

/** Problems that are about one field although the server does not point at it. */
type FieldOfCode<Values extends FieldValues> = Readonly<Record<string, Path<Values>>>;

const pointerToBody = "/body/";

export function showProblem<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  error: unknown,
  fieldOfCode: FieldOfCode<Values> = {},
): void {
  const fields = Object.keys(form.getValues());
  const refused = isProblemError(error) ? (error.problem.errors ?? []) : [];
  const mine = refused.filter(({ pointer }) => fields.includes(fieldName(pointer)));
  for (const { pointer, code } of mine) {
    form.setError(fieldName(pointer) as Path<Values>, { type: code, message: messageOf(code) });
  }
  const field = isProblemError(error) ? fieldOfCode[error.problem.code] : undefined;
  if (field) {
    form.setError(field, { type: "server", message: problemKey(error) });
  } else if (mine.length === 0) {
    form.setError("root.server", { type: "server", message: problemKey(error) });
  }
}

function fieldName(pointer: string): string {
  return pointer.startsWith(pointerToBody) ? pointer.slice(pointerToBody.length) : "";
}

/** The form's own messages, by the code that the contract gives each refused member. */
function messageOf(code: string): FieldMessage {
  return Object.hasOwn(messageOfCode, code) ? messageOfCode[code as "missing"] : "form.invalid";
}

const messageOfCode = {
  missing: "form.required",
  string_too_short: "form.tooShort",
  string_too_long: "form.tooLong",
} as const;

export type FieldMessage = `form.${"required" | "email" | "tooShort" | "tooLong" | "invalid"}`;
