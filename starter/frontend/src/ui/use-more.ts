import { type RefObject, useEffect, useRef } from "react";

interface More<List> {
  /** For the element whose children are the rows. */
  list: RefObject<List | null>;
  showMore: () => void;
}

/**
 * "Show more" below a list. The button may be gone afterwards: the first of the new rows takes its focus.
 *
 * @param count of the rows that are there.
 */
export function useMore<List extends HTMLElement>(
  count: number,
  fetchMore: () => Promise<{ isError: boolean }>,
): More<List> {
  const list = useRef<List>(null);
  const known = useRef(Number.POSITIVE_INFINITY);

  useEffect(() => {
    if (count > known.current) {
      const first = list.current?.children[known.current];
      known.current = Number.POSITIVE_INFINITY;
      if (first instanceof HTMLElement) {
        first.focus({ preventScroll: true });
      }
    }
  }, [count]);

  async function showMore() {
    known.current = count;
    const { isError } = await fetchMore();
    if (isError) {
      known.current = Number.POSITIVE_INFINITY;
    }
  }

  return { list, showMore: () => void showMore() };
}
