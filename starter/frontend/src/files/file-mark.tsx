import { useState } from "react";
import "./file-mark.css";

/** Larger pictures are not fetched for the sake of a thumbnail. */
const thumbnailBytes = 8 * 1024 * 1024;

const pictures = /^image\/(?:png|jpeg|gif|webp|avif)$/;

/** Woods of the palette, by kind. */
const woods: readonly (readonly [RegExp, number])[] = [
  [/^image\//, 0],
  [/^text\/|pdf|document|msword|hwp/, 1],
  [/^(?:audio|video)\//, 2],
  [/sheet|excel|csv|presentation|powerpoint/, 3],
];

interface FileMarkProps {
  name: string;
  contentType: string;
  /** Where a picture can be shown from. */
  src?: string | undefined;
  size: number;
}

/** A thumbnail, or the ending of the name on a dovetail. Decoration beside the name. */
export function FileMark({ name, contentType, src, size }: FileMarkProps) {
  const [broken, setBroken] = useState(false);
  if (src && isPicture(contentType) && size <= thumbnailBytes && !broken) {
    return (
      <img
        className="file-mark"
        src={src}
        alt=""
        width="52"
        height="52"
        loading="lazy"
        decoding="async"
        onError={() => setBroken(true)}
      />
    );
  }
  const wood = woods.find(([kind]) => kind.test(contentType))?.[1] ?? 4;
  return (
    <span className="tail file-mark" data-wood={wood} aria-hidden="true">
      {endingOf(name)}
    </span>
  );
}

/** Whether browsers show it, and the server lets them. */
export function isPicture(contentType: string): boolean {
  return pictures.test(contentType);
}

function endingOf(name: string): string {
  const ending = /\.([\p{L}\p{N}]{1,5})$/u.exec(name)?.[1];
  return ending?.toUpperCase() ?? "···";
}
