/** What to tell people about a failure: decided by its code, never by its `detail`. */

import { isNetworkError, isProblemError, isTimeoutError, type NetworkError } from "flask-dovetail";
import type en from "../i18n/en.json";

type MessageCode = keyof (typeof en)["problem"];
export type ProblemKey = `problem.${MessageCode}`;

/** The codes that a person can act on. Every other code is a mistake of ours, and told as one. */
const messages: Record<MessageCode, true> = {
  NETWORK: true,
  OUTDATED: true,
  TIMEOUT: true,
  INVALID_CREDENTIALS: true,
  UNAUTHENTICATED: true,
  SESSION_EXPIRED: true,
  FORBIDDEN: true,
  NOT_FOUND: true,
  CONFLICT: true,
  EMAIL_TAKEN: true,
  TOO_MANY_POSTS: true,
  TOO_MANY_COMMENTS: true,
  TOO_MANY_REQUESTS: true,
  VALIDATION_FAILED: true,
  PAYLOAD_TOO_LARGE: true,
  CSRF_FAILED: true,
  SERVICE_UNAVAILABLE: true,
  REFRESH_REUSED: true,
  REAUTHENTICATION_REQUIRED: true,
  STALE_SIGN_IN: true,
  PROVIDER_DECLINED: true,
  PROVIDER_FAILED: true,
  NO_ACCOUNT: true,
  ACCOUNT_EXISTS: true,
  CONNECTED_ELSEWHERE: true,
  UNKNOWN: true,
};

/** Codes that mean the same to a person as another. */
const aliases: Readonly<Record<string, MessageCode>> = {
  BAD_GATEWAY: "SERVICE_UNAVAILABLE",
  GATEWAY_TIMEOUT: "TIMEOUT",
  REQUEST_TIMEOUT: "TIMEOUT",
  INVALID_TOKEN: "SESSION_EXPIRED",
  INVALID_DPOP_PROOF: "SESSION_EXPIRED",
  TOKEN_EXPIRED: "SESSION_EXPIRED",
  INSUFFICIENT_SCOPE: "FORBIDDEN",
  MISSING_ROLE: "FORBIDDEN",
  GONE: "NOT_FOUND",
};

/** The catalog key of the message for anything that was thrown. */
export function problemKey(error: unknown): ProblemKey {
  if (isProblemError(error)) {
    return codeKey(error.problem.code);
  }
  if (isTimeoutError(error)) {
    return "problem.TIMEOUT";
  }
  if (isNetworkError(error)) {
    return isOffline(error) ? "problem.NETWORK" : "problem.OUTDATED";
  }
  return "problem.UNKNOWN";
}

/** Whether the network is at fault: code that does not arrive while it works is gone after a deploy. */
export function isOffline(error: NetworkError): boolean {
  return !error.isCode || !navigator.onLine;
}

/** The same for a code alone. */
export function codeKey(code: string): ProblemKey {
  const meant = aliases[code] ?? code;
  return isMessageCode(meant) ? `problem.${meant}` : "problem.UNKNOWN";
}

function isMessageCode(code: string): code is MessageCode {
  return Object.hasOwn(messages, code);
}
