/** Reactions to a page that sleeps, wakes or comes into view. */
export interface PageLifecycle {
  /** The browser freezes the page, or ends it. */
  onStop(): void;
  onResume(): void;
  /** The page comes into view, or the network is back. */
  onAttention(): void;
}

/**
 * Follow the lifecycle of the page. Where there is no page, nothing is ever called.
 *
 * @param signal ends it.
 */
export function followPage(
  { onStop, onResume, onAttention }: PageLifecycle,
  signal: AbortSignal,
): void {
  const listeners = {
    freeze: onStop,
    pagehide: onStop,
    resume: onResume,
    pageshow: onResume,
    online: onAttention,
    visibilitychange() {
      if (document.visibilityState === "visible") {
        onAttention();
      }
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    // While the event is captured: not all of them bubble.
    globalThis.addEventListener?.(name, listener, { capture: true, signal });
  }
}
