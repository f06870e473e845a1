/** Problems: what the server answers when it refuses or fails (RFC 9457). Twin: flask_dovetail/contract/problem.py. */
import {
  ERRORS_BY_STATUS,
  type ERRORS_CODES,
  ERRORS_TYPE_PREFIX,
  HEADERS_REQUEST_ID,
} from "../wire.js";
import { readRetryAfter } from "./retry-after.js";

/** A code that Dovetail itself answers with; an application adds codes of its own. */
export type WireCode = keyof typeof ERRORS_CODES;

/** What stands in for a code when an answer has none and its status is not Dovetail's: `HTTP_418`. */
export type StatusCode = `HTTP_${number}`;

/** One refused member of a request. */
export interface FieldError {
  /** RFC 6901 pointer: `/body/title`, `/query/limit`, `/headers/x-thing`, `/path/post_id`. */
  pointer: string;
  code: string;
  detail: string;
}

/** A plain object. Branch on `code`; `detail` is for people and never parsed. */
export interface Problem<Code extends string = string> {
  type: string;
  title: string;
  status: number;
  code: Code;
  detail?: string;
  /** Names the request in the server's logs. */
  request_id?: string;
  /** Which members were refused, with VALIDATION_FAILED. */
  errors?: FieldError[];
  /** Seconds to wait, when the answer had `Retry-After`. */
  retryAfter?: number;
  /** The body of an error answer that was not a problem: JSON as parsed, anything else as text. */
  body?: unknown;
}

/** Whether `value` is a problem, and, with `code`, that very one. */
export function isProblem<Value, const Code extends string>(
  value: Value,
  code: Code,
): value is Value & Problem<Code>;
export function isProblem<Value>(value: Value): value is Value & Problem;
export function isProblem(value: unknown, code?: string): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { type, title, status, code: found } = value as Partial<Problem>;
  return (
    typeof type === "string" &&
    typeof title === "string" &&
    typeof status === "number" &&
    typeof found === "string" &&
    (code === undefined || code === found)
  );
}

/**
 * The problem in an error answer.
 *
 * An answer that carries none (a proxy's HTML, a foreign API's JSON) gets the code that belongs to its status, so that
 * a caller has one kind of failure to branch on.
 *
 * @param body what was parsed: JSON, or text, or nothing.
 * @param now milliseconds since 1970, to read a date in `Retry-After`.
 */
export function toProblem(body: unknown, response: Response, now: number): Problem {
  const { headers } = response;
  const problem = isProblem(body) ? { ...body } : { ...standIn(response), ...foreign(body) };
  const retryAfter = readRetryAfter(headers, now);
  if (retryAfter !== undefined) {
    problem.retryAfter = Math.ceil(retryAfter / 1000);
  }
  const requestId = problem.request_id ?? headers.get(HEADERS_REQUEST_ID);
  return requestId === null ? problem : { ...problem, request_id: requestId };
}

/** The code of an error answer, whose body stays unread for the caller; `undefined` when it is no problem. */
export async function codeOf(response: Response): Promise<string | undefined> {
  const body = await peek(response);
  return isProblem(body) ? body.code : undefined;
}

/** The JSON of an answer, whose body stays unread for the caller; `undefined` when it is none. */
export function peek(response: Response): Promise<unknown> {
  // A body that breaks off fails the caller's own reading, with the right error.
  return response
    .clone()
    .json()
    .catch(() => undefined);
}

function standIn({ status, statusText }: Response): Problem {
  const general: Partial<Record<number, readonly [string, string]>> = ERRORS_BY_STATUS;
  const [code, title] = general[status] ?? [`HTTP_${status}`, statusText];
  return {
    type: ERRORS_TYPE_PREFIX + code.toLowerCase().replaceAll("_", "-"),
    title: title || code,
    status,
    code,
  };
}

function foreign(body: unknown): { body?: unknown } {
  return body === undefined || body === "" ? {} : { body };
}
