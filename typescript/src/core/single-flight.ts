/**
 * Return a function that runs `task` once at a time.
 *
 * Calls made while it runs share its result. The first call after its end runs it anew.
 */
export function singleFlight<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= task().finally(() => {
      running = undefined;
    });
    return running;
  };
}
