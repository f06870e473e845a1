/** Problems: the server's answers when it refuses or fails (RFC 9457). Its twin is flask_dovetail/contract. */
import { ERRORS_BY_STATUS, type ERRORS_CODES, ERRORS_TYPE_PREFIX } from "../core/wire/errors.js";
import { HEADERS_REQUEST_ID } from "../core/wire/headers.js";
import { readRetryAfter } from "./retry-after.js";

/** A code that Dovetail itself answers with; an application adds codes of its own. */
export type WireCode = keyof typeof ERRORS_CODES;

/** The code of an answer that names none and whose status is not one of Dovetail's: `HTTP_418`. */
export type StatusCode = `HTTP_${number}`;

/** One member of a request that was refused. */
export interface FieldError {
  /** A JSON pointer (RFC 6901): `/body/title`, `/query/limit`, `/headers/x-thing`, `/path/post_id`. */
  pointer: string;
  code: string;
  detail: string;
}

/** A problem as a plain object. Branch on `code`; `detail` is written for people and must not be parsed. */
export interface Problem<Code extends string = string> {
  type: string;
  title: string;
  status: number;
  code: Code;
  detail?: string;
  /** Names the request in the server's logs. */
  request_id?: string;
  /** With VALIDATION_FAILED: the members that were refused. */
  errors?: FieldError[];
  /** Seconds to wait, when the answer had `Retry-After`. */
  retryAfter?: number;
  /** The body of an error answer that was no problem: parsed JSON, or text. */
  body?: unknown;
}

/** Whether `value` is a problem; with `code`, whether it has that code. */
export function isProblem<Value, const Code extends string>(
  value: Value,
  code: Code,
): value is Value & Problem<Code>;
export function isProblem<Value>(value: Value): value is Value & Problem;
export function isProblem(value: unknown, code?: string): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { type, title, status, code: actual } = value as Partial<Problem>;
  return (
    typeof type === "string" &&
    typeof title === "string" &&
    typeof status === "number" &&
    typeof actual === "string" &&
    (code === undefined || code === actual)
  );
}

/**
 * Return the problem of an error answer.
 *
 * An answer that carries none (a proxy's HTML, another API's JSON) gets the code that belongs to its status, so that a
 * caller has one kind of failure to branch on.
 *
 * @param body the body as parsed: JSON, text, or `undefined`.
 * @param now milliseconds since 1970, to read a date in `Retry-After`.
 */
export function toProblem(body: unknown, response: Response, now: number): Problem {
  const { headers } = response;
  const problem = isProblem(body)
    ? { ...body }
    : { ...problemOfStatus(response), ...rawBody(body) };
  const retryAfter = readRetryAfter(headers, now);
  if (retryAfter !== undefined) {
    problem.retryAfter = Math.ceil(retryAfter / 1000);
  }
  const requestId = problem.request_id ?? headers.get(HEADERS_REQUEST_ID);
  return requestId === null ? problem : { ...problem, request_id: requestId };
}

/** Return the code of an error answer; `undefined` when it is no problem. The body can still be read by the caller. */
export async function codeOf(response: Response): Promise<string | undefined> {
  const body = await peek(response);
  return isProblem(body) ? body.code : undefined;
}

/** The codes with which a credential is refused, so that another credential or login may help. */
export const CREDENTIAL_REFUSED: ReadonlySet<string | undefined> = new Set([
  "UNAUTHENTICATED",
  "SESSION_EXPIRED",
  "INVALID_TOKEN",
  "TOKEN_EXPIRED",
]);

/** Return the JSON of an answer; `undefined` when it is none. The body can still be read by the caller. */
export function peek(response: Response): Promise<unknown> {
  // When the body breaks off, the caller's own reading fails with the right error.
  return response
    .clone()
    .json()
    .catch(() => undefined);
}

function problemOfStatus({ status, statusText }: Response): Problem {
  const general: Partial<Record<number, readonly [string, string]>> = ERRORS_BY_STATUS;
  const [code, title] = general[status] ?? [`HTTP_${status}`, statusText];
  return {
    type: ERRORS_TYPE_PREFIX + code.toLowerCase().replaceAll("_", "-"),
    title: title || code,
    status,
    code,
  };
}

function rawBody(body: unknown): { body?: unknown } {
  return body === undefined || body === "" ? {} : { body };
}
