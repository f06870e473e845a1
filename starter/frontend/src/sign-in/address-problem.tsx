import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { codeKey } from "../api/problem-key";
import "../ui/form.css";

/** Why an outside sign-in came to nothing: its code is in the address. Anybody may write that, so only known texts are shown. */
export function AddressProblem() {
  const { t } = useTranslation();
  const code = useSearchParams()[0].get("problem");
  const box = useRef<HTMLDivElement>(null);
  // As a form's summary does: it may be below what the window shows, and is there before anybody listens.
  useEffect(() => box.current?.focus(), []);
  return (
    code && (
      <div className="form-summary" ref={box} tabIndex={-1} role="alert">
        <p>{t(codeKey(code))}</p>
      </div>
    )
  );
}
