import type { Author } from "../api/client";
import "./tail.css";

interface AvatarProps {
  person: Pick<Author, "id" | "name" | "avatar">;
  /** How wide it is drawn, in CSS pixels. */
  width?: number;
}

/** A person's picture on a dovetail, else their initial; the same person has the same wood everywhere. */
export function Avatar({ person: { id, name, avatar }, width = 42 }: AvatarProps) {
  return avatar ? (
    <picture className="tail">
      {avatar.sources.map(({ type, srcset }) => (
        <source key={type} type={type} srcSet={srcset} sizes={`${width}px`} />
      ))}
      <img src={avatar.fallback} alt="" width={width} height={width} decoding="async" />
    </picture>
  ) : (
    <span className="tail" data-wood={id % 5} aria-hidden="true">
      {Array.from(name.trim())[0]?.toUpperCase()}
    </span>
  );
}
