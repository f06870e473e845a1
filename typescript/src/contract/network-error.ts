/**
 * Thrown when no answer came.
 *
 * The server cannot be reached, the connection broke, or the browser withheld the answer (CORS, a refused redirect).
 * `cause` is the error of `fetch`.
 */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly method: string;
  /** The address without its query, which may hold personal data. */
  readonly url: string;

  constructor(request: Request, cause: unknown) {
    const url = request.url.replace(/[?#].*/, "");
    super(`${request.method} ${url} got no answer.`, { cause });
    this.method = request.method;
    this.url = url;
  }
}

/** Whether `value` is a NetworkError. */
export function isNetworkError(value: unknown): value is NetworkError {
  return value instanceof NetworkError;
}
