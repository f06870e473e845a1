import "./button.css";
import type { ButtonHTMLAttributes } from "react";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "plain" | "primary" | "maple" | "quiet" | "danger";
  /** Work is under way: the button keeps its focus, and presses do nothing. */
  busy?: boolean;
}

export function Button({ kind = "plain", busy = false, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className="button"
      data-kind={kind}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    />
  );
}
