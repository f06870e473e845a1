/**
 * Thrown when no answer came.
 *
 * The server cannot be reached, the connection broke, or the browser withheld the answer (CORS, a refused redirect).
 * `cause` is the error of `fetch`.
 *
 * Or the code for a call was not there to load: see `isCode`.
 */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly method: string;
  /** The address without its query, which may hold personal data. */
  readonly url: string;
  /**
   * Whether no request was made, since a part of the page's code could not be loaded: the browser is offline, or the
   * server no longer has that part after a deploy, and only a reload helps.
   */
  readonly isCode: boolean;

  constructor(request: Request, cause: unknown, isCode = false) {
    const url = request.url.replace(/[?#].*/, "");
    super(isCode ? "Code was not loaded." : `${request.method} ${url} got no answer.`, { cause });
    this.isCode = isCode;
    this.method = request.method;
    this.url = url;
  }
}

/** Whether `value` is a NetworkError. */
export function isNetworkError(value: unknown): value is NetworkError {
  return value instanceof NetworkError;
}
