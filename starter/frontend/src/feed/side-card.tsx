import type { ReactNode } from "react";
import { Joint } from "../ui/joint";
import "./side-card.css";

/** Beside the feed on wide screens. */
export function SideCard({ label, children }: { label: string; children: ReactNode }) {
  return (
    <aside className="side-card sheet" aria-label={label}>
      <Joint edge />
      {children}
    </aside>
  );
}
