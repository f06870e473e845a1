/**
 * Works through a list, so many at a time. The first failure ends the rest, which has come to an end when it is thrown.
 *
 * @param work gets a signal that aborts with the first failure too.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  parallel: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const ending = new AbortController();
  const abort = () => ending.abort(signal.reason);
  const failures: unknown[] = [];

  async function worker() {
    for (let next = rest.next(); !next.done && !ending.signal.aborted; next = rest.next()) {
      await work(next.value, ending.signal);
    }
  }

  signal.throwIfAborted();
  signal.addEventListener("abort", abort);
  await Promise.all(
    Array.from({ length: parallel }, () =>
      worker().catch((error: unknown) => {
        failures.push(error);
        ending.abort(error);
      }),
    ),
  );
  signal.removeEventListener("abort", abort);
  signal.throwIfAborted();
  if (failures.length > 0) {
    throw failures[0];
  }
}
