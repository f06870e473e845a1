/** Tells people when live updates do not come: not of a short break, nor of one that the browser itself tells. */

import { dovetail } from "../api/client";
import { liveUpdates } from "./state";

const patienceMs = 4000;

/** How long it is said that they come again. */
const resumedMs = 5000;

export function followConnection(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLost = false;

  const later = (task: () => void, ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(task, ms);
  };
  // Without any connection that is what is said: patience begins anew when the browser has one.
  const pauseLater = () => later(() => navigator.onLine && liveUpdates.set("paused"), patienceMs);

  const forget = dovetail.realtime.onStatus(({ state }) => {
    const before = liveUpdates.get();
    if (state === "open") {
      isLost = false;
      liveUpdates.set(before === "paused" ? "resumed" : "on");
      later(() => liveUpdates.set("on"), resumedMs);
    } else if (state === "idle" || state === "refused") {
      isLost = false;
      clearTimeout(timer);
      liveUpdates.set("off");
    } else if (before !== "off" && !isLost) {
      isLost = true;
      pauseLater();
    }
  });

  const online = () => isLost && pauseLater();
  window.addEventListener("online", online);

  return () => {
    clearTimeout(timer);
    forget();
    window.removeEventListener("online", online);
    liveUpdates.set("off");
  };
}
