/** An access token, and the answers that carry one. Its twin is flask_dovetail/auth/tokens. */
import { UnexpectedBodyError } from "../../contract/unexpected-body-error.js";
import type { Outside } from "../../core/outside.js";
import type { Login } from "../types.js";

/**
 * An access token.
 *
 * Its times are milliseconds since 1970 by this browser's clock: when the clock is wrong, all are wrong by as much.
 */
export interface Token {
  readonly value: string;
  /** The login that it proves. */
  readonly login: Login;
  /** When its request was sent. */
  readonly requestedAt: number;
  /** From then on a request that uses it has it renewed. */
  renewal: number;
  readonly expiry: number;
}

/** A login and its proof: an access token, or the session cookie with its CSRF token. */
export interface Grant {
  login: Login;
  csrf?: string;
  token?: Token;
}

/** Whether to send a token. One from the future was requested before the clock was set back: its age is unknown. */
export function isFresh({ requestedAt, expiry }: Token, now: number): boolean {
  return requestedAt <= now && now < expiry;
}

/**
 * Read the answer of `/auth/login` or `/auth/refresh`.
 *
 * @param requestedAt when the request was sent.
 * @throws UnexpectedBodyError when it is neither form.
 */
export function readGrant(
  body: unknown,
  response: Response,
  requestedAt: number,
  { now, random }: Pick<Outside, "now" | "random">,
): Grant {
  const { login, csrf, access_token, token_type, expires_in } = (body ?? {}) as Record<
    string,
    unknown
  >;
  if (isLogin(login)) {
    if (typeof csrf === "string") {
      return { login, csrf };
    }
    if (
      typeof access_token === "string" &&
      /^bearer$/i.test(String(token_type)) &&
      typeof expires_in === "number" &&
      expires_in > 0
    ) {
      const lifetimeMs = expires_in * 1000;
      const expiry = now() + lifetimeMs;
      // At a random moment, so that browsers that signed in together do not all refresh together.
      const renewal = expiry - lifetimeMs * (0.1 + 0.1 * random());
      return { login, token: { value: access_token, login, requestedAt, renewal, expiry } };
    }
  }
  throw new UnexpectedBodyError(response);
}

/** Whether a message of another tab, perhaps of another version, is a token that can be used. */
export function isToken(value: unknown): value is Token {
  const { value: text, login, requestedAt, renewal, expiry } = (value ?? {}) as Partial<Token>;
  return (
    typeof text === "string" &&
    isLogin(login) &&
    [requestedAt, renewal, expiry].every((time) => typeof time === "number")
  );
}

/** Whether `value` is a login. */
export function isLogin(value: unknown): value is Login {
  const { id, subject } = (value ?? {}) as Partial<Login>;
  return typeof id === "string" && typeof subject === "string";
}
