/**
 * Run `work` for every item, at most `parallel` at a time.
 *
 * The first failure aborts the work under way and begins no more; it is thrown when all has ended.
 *
 * @param work gets a signal that aborts with the first failure too.
 * @throws the first failure, or the signal's reason.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  parallel: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const remaining = items[Symbol.iterator]();
  const ending = new AbortController();
  const abort = () => ending.abort(signal.reason);
  const failures: unknown[] = [];

  async function worker() {
    for (
      let next = remaining.next();
      !next.done && !ending.signal.aborted;
      next = remaining.next()
    ) {
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
