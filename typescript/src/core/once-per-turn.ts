/**
 * Return a function that runs `task` in a microtask, once for all calls made before it runs.
 *
 * Use it for work that several changes of the same moment ask for, such as telling the page of a new state.
 */
export function oncePerTurn(task: () => void): () => void {
  let isScheduled = false;
  return () => {
    if (!isScheduled) {
      isScheduled = true;
      queueMicrotask(() => {
        isScheduled = false;
        task();
      });
    }
  };
}
