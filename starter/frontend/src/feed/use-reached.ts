import { type RefObject, useEffect, useEffectEvent } from "react";

/** Calls `reached` when the element comes near the screen, as long as `active`. */
export function useReached(
  element: RefObject<HTMLElement | null>,
  active: boolean,
  reached: () => void,
): void {
  const whenReached = useEffectEvent(reached);
  useEffect(() => {
    if (!active || !element.current) {
      return;
    }
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) {
          whenReached();
        }
      },
      { rootMargin: "0px 0px 800px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [active, element]);
}
