/** Calls what a page gave us: its fault must stop neither others nor us, and is reported like any uncaught error. */
export function isolated(task: () => void) {
  try {
    task();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
