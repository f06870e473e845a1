/**
 * Wait for a value that several callers share, until this caller's signal aborts.
 *
 * Only the waiting ends: the value still comes to the other callers.
 *
 * @throws the signal's reason when it aborts first.
 */
export function unlessAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener("abort", abort);
    Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
