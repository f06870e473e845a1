/** Thrown when the whole call, retries and reading included, takes longer than `timeoutMs`. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`No complete answer within ${timeoutMs} ms (\`timeoutMs\`).`);
    this.timeoutMs = timeoutMs;
  }
}

/** Whether `value` is a TimeoutError. */
export function isTimeoutError(value: unknown): value is TimeoutError {
  return value instanceof TimeoutError;
}
