import type { ReactNode } from "react";
import { Joint } from "./joint";
import "./notice.css";

interface NoticeProps {
  title: string;
  text?: string;
  /** Speaks up at once: for failures. */
  alert?: boolean;
  /** What to do next. */
  children?: ReactNode;
}

/** Takes the place of content: nothing here yet, or it could not be loaded. */
export function Notice({ title, text, alert = false, children }: NoticeProps) {
  return (
    <section className="notice sheet" role={alert ? "alert" : undefined}>
      <Joint edge />
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children && <div className="notice-actions">{children}</div>}
    </section>
  );
}
