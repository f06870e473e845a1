/** @returns what carries out `task` once for all that is asked for in one go. */
export function soon(task: () => void): () => void {
  let isAsked = false;
  return () => {
    if (!isAsked) {
      isAsked = true;
      queueMicrotask(() => {
        isAsked = false;
        task();
      });
    }
  };
}
