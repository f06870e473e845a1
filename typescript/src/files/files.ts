/** The part of uploads that every page loads: a task that waits for the rest. */
import { loadCode } from "../contract/load-code.js";
import { unlessAborted } from "../core/unless-aborted.js";
import type { Files, FilesContext, PauseSwitch } from "./types.js";

/** Make uploads. The code that sends files is loaded with the first one. */
export function createFiles(context: FilesContext): Files {
  const load = loadCode(context.baseUrl, () => import("./uploads/upload.js"));
  return {
    upload(file, options = {}) {
      const { signal = new AbortController().signal } = options;
      const pausing: PauseSwitch = { isPaused: false, onSwitch() {} };
      const switchTo = (isPaused: boolean) => () => {
        pausing.isPaused = isPaused;
        pausing.onSwitch();
      };
      const outcome = load().then(({ upload }) =>
        upload(file, { ...options, signal }, pausing, context),
      );
      const task = unlessAborted(outcome, signal);
      // A page that only watches the progress leaves no unhandled rejection.
      task.catch(() => {});
      return Object.assign(task, { pause: switchTo(true), resume: switchTo(false) });
    },
  };
}
