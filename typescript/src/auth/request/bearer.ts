/** The access token of the token strategy: attached to requests, renewed in time, and renewed once when it is refused. */
import { CREDENTIAL_REFUSED, codeOf, peek, toProblem } from "../../contract/problem.js";
import { ProblemError } from "../../contract/problem-error.js";
import type { Layer } from "../../contract/transport.js";
import { pathBelow } from "../../core/path-below.js";
import { unlessAborted } from "../../core/unless-aborted.js";
import type { KnownLogin } from "../logins/known-login.js";
import type { Outcome } from "../tokens/refresh.js";
import { isFresh, type Token } from "../tokens/token.js";

/** The access token of this tab. */
export interface Bearer {
  readonly layer: Layer;
  /**
   * Returns the token, for a call that the client does not make itself.
   *
   * @param options `fresh`: another one than the last.
   * @returns `null` when nobody is signed in, or by the session cookie.
   * @throws ProblemError or NetworkError when it cannot be renewed now.
   */
  accessToken(options?: { fresh?: boolean; signal?: AbortSignal }): Promise<string | null>;
}

/** The dependencies of the access token. */
export interface BearerOptions {
  /** The API's address. The token is sent to nothing but what is below it. */
  baseUrl: string;
  /** The address that Dovetail's own routes are below. */
  ownUrl: string;
  login: KnownLogin;
  refresh(): Promise<Outcome>;
  /** Asks the server for the login. */
  session(): Promise<unknown>;
  now(): number;
}

/** These answer by the refresh cookie. With a token that is about to expire they would deny a login that lives. */
const PATHS_BY_COOKIE = new Set(["/auth/login", "/auth/logout", "/auth/session"]);

/** Make the layer that attaches the access token. */
export function createBearer(options: BearerOptions): Bearer {
  const { baseUrl, ownUrl, login, refresh, session, now } = options;

  async function currentToken(): Promise<Outcome> {
    if (login.token() === undefined) {
      // When the login cannot be learnt, the refresh below fails for the same reason and reports it.
      await session().catch(() => undefined);
    }
    const token = login.token();
    if (token === null) {
      return null;
    }
    if (!token || !isFresh(token, now())) {
      return refresh();
    }
    if (now() >= token.renewal) {
      // In the background. If it fails, the next try is when the token has expired.
      token.renewal = token.expiry;
      refresh().catch(() => undefined);
    }
    return token;
  }

  async function otherToken(than: Token | null | undefined): Promise<Outcome> {
    const token = login.token();
    return than && token === than ? refresh() : currentToken();
  }

  return {
    layer: (next) => async (request, deadline) => {
      const { url, headers } = request;
      if (
        pathBelow(baseUrl, url) === null ||
        PATHS_BY_COOKIE.has(pathBelow(ownUrl, url) ?? "") ||
        headers.has("Authorization")
      ) {
        return next(request, deadline);
      }
      const token = await unlessAborted(currentToken(), request.signal);
      if (token instanceof Response) {
        return token.clone();
      }
      if (!token) {
        return next(request, deadline);
      }
      const replay = request.clone();
      const response = await next(withToken(request, token), deadline);
      if (response.status !== 401 || !CREDENTIAL_REFUSED.has(await codeOf(response))) {
        return response;
      }
      const newToken = await unlessAborted(otherToken(token), request.signal);
      if (newToken instanceof Response) {
        return newToken.clone();
      }
      // A request of one person is never sent again as another person.
      const present = newToken ? newToken.login : login.current();
      if (present && present.subject !== token.login.subject) {
        return response;
      }
      return next(newToken ? withToken(replay, newToken) : replay, deadline);
    },

    async accessToken({ fresh = false, signal } = {}) {
      const pending = fresh ? otherToken(login.token()) : currentToken();
      const token = await (signal ? unlessAborted(pending, signal) : pending);
      if (token instanceof Response) {
        throw new ProblemError(toProblem(await peek(token), token, now()));
      }
      return token?.value ?? null;
    },
  };
}

function withToken(request: Request, { value }: Token): Request {
  request.headers.set("Authorization", `Bearer ${value}`);
  return request;
}
