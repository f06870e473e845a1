import "./joint.css";

/** The motif: a row of dovetails. With `edge` it is the upper edge of a sheet, else the lower edge of a board. */
export function Joint({ edge = false }: { edge?: boolean }) {
  return <div className={edge ? "joint joint-edge" : "joint"} aria-hidden="true" />;
}
