import type { FieldMessage } from "./form-problem";

export interface FieldLimits {
  /** Characters, without the white space around them. 1: the field must be filled in. */
  min?: number;
  /** Characters. */
  max?: number;
  email?: boolean;
}

/** The browser's half of the contract's rules, so that most mistakes need no round trip. The server has the last word. */
export function rulesFor({ min = 0, max = Number.POSITIVE_INFINITY, email = false }: FieldLimits) {
  return {
    validate(value: string): FieldMessage | true {
      // As the server counts: characters, not UTF-16 units.
      const length = Array.from(value.trim()).length;
      if (min > 0 && length === 0) {
        return "form.required";
      }
      if (length < min) {
        return "form.tooShort";
      }
      if (length > max) {
        return "form.tooLong";
      }
      return !email || /^\S+@\S+\.\S+$/.test(value.trim()) || "form.email";
    },
  };
}
