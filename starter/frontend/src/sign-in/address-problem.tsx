import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { codeKey } from "../api/problem-key";
import "../ui/form.css";

/** Why an outside sign-in came to nothing: its code is in the address. Anybody may write that, so only known texts are shown. */
export function AddressProblem() {
  const { t } = useTranslation();
  const code = useSearchParams()[0].get("problem");
  return (
    code && (
      <div className="form-summary" role="alert">
        <p>{t(codeKey(code))}</p>
      </div>
    )
  );
}
