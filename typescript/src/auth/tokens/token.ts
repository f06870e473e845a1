/** An access token, and the answers that bring one. Twin: flask_dovetail/auth/tokens. */
import { UnexpectedBodyError } from "../../contract/unexpected-body-error.js";
import type { Outside } from "../../outside.js";
import type { Login } from "../login.js";

/** Its times are this browser's own, in milliseconds since 1970: a wrong clock is wrong by the same amount throughout. */
export interface Token {
  readonly value: string;
  /** The login that it speaks for. */
  readonly login: Login;
  /** When it was asked for. */
  readonly asked: number;
  /** From when on a request that uses it has it renewed. */
  renewal: number;
  readonly expiry: number;
}

/** Who is signed in, and what proves it: a bearer token, or the session cookie with its CSRF token. */
export interface Grant {
  login: Login;
  csrf?: string;
  token?: Token;
}

/** Whether to send it. One from the future was asked for before the clock was set back: its age is unknown. */
export function isFresh({ asked, expiry }: Token, now: number): boolean {
  return asked <= now && now < expiry;
}

/**
 * Reads what `/auth/login` and `/auth/refresh` answer.
 *
 * @param asked when the request was sent.
 * @throws UnexpectedBodyError when it is neither form.
 */
export function readGrant(
  body: unknown,
  response: Response,
  asked: number,
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
      const lifeMs = expires_in * 1000;
      const expiry = now() + lifeMs;
      // At random, so that browsers that signed in together do not come back together.
      const renewal = expiry - lifeMs * (0.1 + 0.1 * random());
      return { login, token: { value: access_token, login, asked, renewal, expiry } };
    }
  }
  throw new UnexpectedBodyError(response);
}

/** Whether it can be used; what another tab tells may be of another version. */
export function isToken(value: unknown): value is Token {
  const { value: text, login, asked, renewal, expiry } = (value ?? {}) as Partial<Token>;
  return (
    typeof text === "string" &&
    isLogin(login) &&
    [asked, renewal, expiry].every((time) => typeof time === "number")
  );
}

export function isLogin(value: unknown): value is Login {
  const { id, subject } = (value ?? {}) as Partial<Login>;
  return typeof id === "string" && typeof subject === "string";
}
