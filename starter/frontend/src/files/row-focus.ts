/** When a row of a list goes, the focus that was in it moves to its neighbour; a row that is back takes it. */

import { type RefObject, useLayoutEffect, useRef } from "react";

let awaited: string | undefined;

/** The row of this id takes the focus when it is shown. */
export function focusWhenBack(id: string): void {
  awaited = id;
}

export function useRowFocus(id?: string): RefObject<HTMLLIElement | null> {
  const ref = useRef<HTMLLIElement>(null);

  useLayoutEffect(() => {
    const row = ref.current;
    if (id !== undefined && id === awaited) {
      awaited = undefined;
      row?.focus();
    }
    return () => {
      if (row?.contains(document.activeElement)) {
        const heirs = heirsOf(row);
        queueMicrotask(() => row.isConnected || heirs.find((heir) => heir.isConnected)?.focus());
      }
    };
  }, [id]);

  return ref;
}

/** The rows after it, those before it, and the place where files come from. */
function heirsOf(row: HTMLLIElement): HTMLElement[] {
  const rows = [...(row.parentElement?.children ?? [])] as HTMLElement[];
  const position = rows.indexOf(row);
  const dropZone = document.getElementById("drop-zone");
  return [
    ...rows.slice(position + 1),
    ...rows.slice(0, position).toReversed(),
    ...(dropZone ? [dropZone] : []),
  ];
}
