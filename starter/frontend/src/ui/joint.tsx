import "./joint.css";

/** The motif: a row of dovetails between the board above and the one below. */
export function Joint({ className }: { className?: string }) {
  return <div className={`joint ${className ?? ""}`} aria-hidden="true" />;
}
