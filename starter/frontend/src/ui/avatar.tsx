import "./avatar.css";

/** A person's initial on a dovetail; the same person has the same wood everywhere. */
export function Avatar({ id, name }: { id: number; name: string }) {
  return (
    <span className="avatar" data-wood={id % 5} aria-hidden="true">
      {Array.from(name.trim())[0]?.toUpperCase()}
    </span>
  );
}
