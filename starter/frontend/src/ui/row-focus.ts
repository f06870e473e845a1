/** When a row of a list goes, the focus that was in it moves to its neighbour; a row that is back takes it. */

import { type RefObject, useLayoutEffect, useRef } from "react";

let awaited: string | undefined;

/** The row of this id takes the focus when it is shown. */
export function focusWhenBack(id: string): void {
  awaited = id;
}

/**
 * @param elsewhere the id of the element that takes the focus when no row is left.
 * @param id of a row that may come back.
 */
export function useRowFocus(elsewhere: string, id?: string): RefObject<HTMLLIElement | null> {
  const ref = useRef<HTMLLIElement>(null);

  useLayoutEffect(() => {
    const row = ref.current;
    if (id !== undefined && id === awaited) {
      awaited = undefined;
      row?.focus();
    }
    return () => {
      if (row?.contains(document.activeElement)) {
        const heirs = heirsOf(row, elsewhere);
        queueMicrotask(() => row.isConnected || heirs.find((heir) => heir.isConnected)?.focus());
      }
    };
  }, [elsewhere, id]);

  return ref;
}

/** The rows after it, those before it, and what is there without any. */
function heirsOf(row: HTMLLIElement, elsewhere: string): HTMLElement[] {
  const rows = [...(row.parentElement?.children ?? [])] as HTMLElement[];
  const position = rows.indexOf(row);
  const last = document.getElementById(elsewhere);
  return [
    ...rows.slice(position + 1),
    ...rows.slice(0, position).toReversed(),
    ...(last ? [last] : []),
  ];
}
