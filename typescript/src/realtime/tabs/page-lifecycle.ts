/** What happens to the page that concerns its connection. */

export interface PageListener {
  /** The browser puts it to sleep, or ends it. */
  stops(): void;
  goesOn(): void;
  /** It is looked at, or the network is back. */
  hurries(): void;
}

/** @param signal ends the listening. Where there is no page, nothing happens. */
export function hearPage({ stops, goesOn, hurries }: PageListener, signal: AbortSignal) {
  const listeners = {
    freeze: stops,
    pagehide: stops,
    resume: goesOn,
    pageshow: goesOn,
    online: hurries,
    visibilitychange() {
      if (document.visibilityState === "visible") {
        hurries();
      }
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    // On the way down: not all of them bubble.
    globalThis.addEventListener?.(name, listener, { capture: true, signal });
  }
}
