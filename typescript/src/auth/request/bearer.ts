/** The access token of the token strategy: attached to requests, renewed in time, healed once when it is refused. */
import { codeOf, peek, toProblem } from "../../contract/problem.js";
import { ProblemError } from "../../contract/problem-error.js";
import type { Layer } from "../../contract/transport.js";
import { unlessAborted } from "../../contract/unless-aborted.js";
import type { KnownLogin } from "../known-login.js";
import type { Outcome } from "./refresh.js";
import { isFresh, type Token } from "./token.js";

export interface Bearer {
  readonly layer: Layer;
  /**
   * The token for a call that the client does not make itself.
   *
   * @param options `fresh`: another one than the last.
   * @returns `null` when nobody is signed in, or by the session cookie.
   * @throws ProblemError or NetworkError when it cannot be renewed now.
   */
  accessToken(options?: { fresh?: boolean; signal?: AbortSignal }): Promise<string | null>;
}

export interface BearerOptions {
  /** The API's origin: the token goes nowhere else. */
  baseUrl: string;
  login: KnownLogin;
  refresh(): Promise<Outcome>;
  /** Learns who is signed in. */
  session(): Promise<unknown>;
  now(): number;
}

/** They go by the refresh cookie: a token in its last moments must not say that nobody is signed in. */
const OWN = new Set(["/auth/login", "/auth/logout", "/auth/session"]);

const CURABLE = new Set(["INVALID_TOKEN", "TOKEN_EXPIRED", "SESSION_EXPIRED", "UNAUTHENTICATED"]);

export function createBearer({ baseUrl, login, refresh, session, now }: BearerOptions): Bearer {
  async function current(): Promise<Outcome> {
    if (login.token() === undefined) {
      // When that cannot be learnt, the refresh says why.
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
      // In the background; if it fails, the next attempt is when there is no other way.
      token.renewal = token.expiry;
      refresh().catch(() => undefined);
    }
    return token;
  }

  async function other(than: Token | null | undefined): Promise<Outcome> {
    const token = login.token();
    return than && token === than ? refresh() : current();
  }

  return {
    layer: (next) => async (request, deadline) => {
      const { pathname, origin } = new URL(request.url);
      if (origin !== baseUrl || OWN.has(pathname) || request.headers.has("Authorization")) {
        return next(request, deadline);
      }
      const token = await unlessAborted(current(), request.signal);
      if (token instanceof Response) {
        return token.clone();
      }
      if (!token) {
        return next(request, deadline);
      }
      const replay = request.clone();
      const response = await next(withToken(request, token), deadline);
      if (response.status !== 401 || !CURABLE.has((await codeOf(response)) ?? "")) {
        return response;
      }
      const healed = await unlessAborted(other(token), request.signal);
      if (healed instanceof Response) {
        return healed.clone();
      }
      // What one person sent is never sent again as another.
      const present = healed ? healed.login : login.current();
      if (present && present.subject !== token.login.subject) {
        return response;
      }
      return next(healed ? withToken(replay, healed) : replay, deadline);
    },

    async accessToken({ fresh = false, signal } = {}) {
      const asking = fresh ? other(login.token()) : current();
      const token = await (signal ? unlessAborted(asking, signal) : asking);
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
