/**
 * The CSRF token: fetched before the first unsafe request, kept in memory, attached, healed once. Twin:
 * flask_dovetail/auth/csrf.py.
 */
import { ownRequest } from "../contract/own-request.js";
import { codeOf, peek } from "../contract/problem.js";
import type { Layer, Transport } from "../contract/transport.js";
import { UnexpectedBodyError } from "../contract/unexpected-body-error.js";
import { unlessAborted } from "../contract/unless-aborted.js";
import { HEADERS_CSRF } from "../wire.js";

export interface Csrf {
  readonly layer: Layer;
  /** Takes the token of a new login; without one, the next unsafe request fetches anew. */
  replace(token?: string): void;
}

export interface CsrfOptions {
  /** `https://api.example.com/api/csrf-token`: the token goes to this origin only. */
  url: string;
  /** Paths that need no token, unless the server says otherwise. */
  exempt?: ReadonlySet<string>;
  credentials: RequestCredentials;
  timeoutMs: number;
  network: Transport;
  now(): number;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** A token; `null` where the API has no such endpoint; a refusal, which is then the answer to the unsafe request. */
type Answer = string | null | Response;

export function createCsrf(options: CsrfOptions): Csrf {
  const { url, exempt } = options;
  const origin = new URL(url).origin;
  let known: string | null | undefined;
  let asking: Promise<Answer> | undefined;

  // Grows when a login replaces the token, so that an answer under way does not overwrite it.
  let generation = 0;

  function current(): Answer | Promise<Answer> {
    if (known !== undefined) {
      return known;
    }
    asking ??= learn(generation);
    return asking;
  }

  async function learn(mine: number): Promise<Answer> {
    try {
      const answer = await ask(options);
      if (mine === generation && !(answer instanceof Response)) {
        known = answer;
      }
      return answer;
    } finally {
      if (mine === generation) {
        asking = undefined;
      }
    }
  }

  const layer: Layer = (next) => async (request, deadline) => {
    const target = new URL(request.url);
    if (SAFE.has(request.method) || target.origin !== origin || hasBearer(request)) {
      return next(request, deadline);
    }
    const token = exempt?.has(target.pathname)
      ? null
      : await unlessAborted(current(), request.signal);
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
    const healed = await unlessAborted(current(), request.signal);
    if (healed instanceof Response) {
      return healed.clone();
    }
    return healed === null ? response : next(withToken(replay, healed), deadline);
  };

  return {
    layer,
    replace(token) {
      generation += 1;
      known = token;
      asking = undefined;
    },
  };
}

async function ask({ network, ...options }: CsrfOptions): Promise<Answer> {
  return ownRequest(options, async (make, deadline) => {
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

/** No other site can make a browser send one. */
function hasBearer({ headers }: Request): boolean {
  return /^bearer /i.test(headers.get("Authorization") ?? "");
}

function withToken(request: Request, token: string | null): Request {
  if (token !== null) {
    request.headers.set(HEADERS_CSRF, token);
  }
  return request;
}
