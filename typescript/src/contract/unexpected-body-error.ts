/**
 * Thrown when a success does not carry the JSON that was expected.
 *
 * The reason is nearly always a proxy or a static host that answers an API path with a page.
 */
export class UnexpectedBodyError extends Error {
  override readonly name = "UnexpectedBodyError";
  readonly response: Response;

  constructor(response: Response, cause?: unknown) {
    const type = response.headers.get("Content-Type") ?? "no media type";
    super(
      `${response.url} answered ${response.status} with ${type} that is not the expected JSON. ` +
        "Does this path reach Flask? Look at the proxy's routes and at apiOrigin in /config.js.",
      { cause },
    );
    this.response = response;
  }
}

/** Whether `value` is an UnexpectedBodyError. */
export function isUnexpectedBodyError(value: unknown): value is UnexpectedBodyError {
  return value instanceof UnexpectedBodyError;
}
