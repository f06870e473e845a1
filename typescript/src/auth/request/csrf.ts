/**
 * The CSRF token: fetched before the first unsafe request, kept in memory, attached, and fetched again once when it is
 * refused. Its twin is flask_dovetail/auth.
 */
import { ownRequest } from "../../contract/own-request.js";
import { codeOf, peek } from "../../contract/problem.js";
import type { Layer, Transport } from "../../contract/transport.js";
import { UnexpectedBodyError } from "../../contract/unexpected-body-error.js";
import { pathBelow } from "../../core/path-below.js";
import { singleFlight } from "../../core/single-flight.js";
import { unlessAborted } from "../../core/unless-aborted.js";
import { HEADERS_CSRF } from "../../core/wire/headers.js";

/** The CSRF token of this tab. */
export interface Csrf {
  readonly layer: Layer;
  /** Takes the token of a new login. Without one, the next unsafe request fetches it. */
  replace(token?: string): void;
}

/** Where the token comes from. */
export interface CsrfOptions {
  /** The API's address. The token is sent nowhere else. */
  baseUrl: string;
  /** The address that Dovetail's own routes are below: the token is fetched there. */
  ownUrl: string;
  /** Paths below `ownUrl` that are sent without a token, unless the server refuses that. */
  exempt?: ReadonlySet<string>;
  credentials: RequestCredentials;
  timeoutMs: number;
  network: Transport;
  now(): number;
}

const TOKEN_PATH = "/api/csrf-token";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** A token; `null` where the API has no such endpoint; a refusal, which becomes the answer to the unsafe request. */
type Answer = string | null | Response;

/** Make the layer that attaches the CSRF token. Nothing is fetched before the first unsafe request. */
export function createCsrf(options: CsrfOptions): Csrf {
  const { baseUrl, ownUrl, exempt } = options;
  let known: string | null | undefined;
  let fetchShared = createFetch();

  /** Makes a fetch whose token is kept, unless a login brings another one before it ends. */
  function createFetch(): () => Promise<Answer> {
    const fetchOnce: () => Promise<Answer> = singleFlight(async () => {
      const answer = await fetchToken(options);
      if (fetchOnce === fetchShared && !(answer instanceof Response)) {
        known = answer;
      }
      return answer;
    });
    return fetchOnce;
  }

  function currentToken(): Answer | Promise<Answer> {
    return known === undefined ? fetchShared() : known;
  }

  const layer: Layer = (next) => async (request, deadline) => {
    const { method, url, signal } = request;
    if (SAFE.has(method) || pathBelow(baseUrl, url) === null || hasBearer(request)) {
      return next(request, deadline);
    }
    const isExempt = exempt?.has(pathBelow(ownUrl, url) ?? "");
    const token = isExempt ? null : await unlessAborted(currentToken(), signal);
    if (token instanceof Response) {
      return token.clone();
    }
    const replay = request.clone();
    const response = await next(withToken(request, token), deadline);
    if (response.status !== 403 || (await codeOf(response)) !== "CSRF_FAILED") {
      return response;
    }
    if (known === token) {
      known = undefined;
    }
    const newToken = await unlessAborted(currentToken(), request.signal);
    if (newToken instanceof Response) {
      return newToken.clone();
    }
    return newToken === null ? response : next(withToken(replay, newToken), deadline);
  };

  return {
    layer,
    replace(token) {
      known = token;
      fetchShared = createFetch();
    },
  };
}

async function fetchToken({ network, ownUrl, ...options }: CsrfOptions): Promise<Answer> {
  return ownRequest({ ...options, url: `${ownUrl}${TOKEN_PATH}` }, async (make, deadline) => {
    const response = await network(make(), deadline);
    if (response.status === 404) {
      return null;
    }
    if (!response.ok) {
      return response;
    }
    const body = (await peek(response)) as { csrf?: unknown } | null;
    if (typeof body?.csrf !== "string") {
      throw new UnexpectedBodyError(response);
    }
    return body.csrf;
  });
}

/** No other site can make a browser send a bearer token. */
function hasBearer({ headers }: Request): boolean {
  return /^bearer /i.test(headers.get("Authorization") ?? "");
}

function withToken(request: Request, token: string | null): Request {
  if (token !== null) {
    request.headers.set(HEADERS_CSRF, token);
  }
  return request;
}
