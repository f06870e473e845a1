/**
 * The CSRF token: fetched before the first unsafe request, kept in memory, attached, healed once. Twin:
 * flask_dovetail/auth/csrf.py.
 */
import { startDeadline } from "../contract/deadline.js";
import { codeOf } from "../contract/problem.js";
import type { Layer, Transport } from "../contract/transport.js";
import { UnexpectedBodyError } from "../contract/unexpected-body-error.js";
import { HEADERS_CSRF } from "../wire.js";

export interface Csrf {
  readonly layer: Layer;
  /** Takes the token of a new login; without one, the next unsafe request fetches anew. */
  replace(token?: string): void;
}

export interface CsrfOptions {
  /** `https://api.example.com/api/csrf-token`: the token goes to this origin only. */
  url: string;
  credentials: RequestCredentials;
  timeoutMs: number;
  network: Transport;
  now(): number;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** A token; `null` where the API has no such endpoint; a refusal, which is then the answer to the unsafe request. */
type Answer = string | null | Response;

export function createCsrf(options: CsrfOptions): Csrf {
  const origin = new URL(options.url).origin;
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
    if (SAFE.has(request.method) || new URL(request.url).origin !== origin) {
      return next(request, deadline);
    }
    const token = await unlessAborted(current(), request.signal);
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

/** Its own time limit, not a caller's: several callers wait for it, and one that leaves must not spoil it for the rest. */
async function ask({ url, credentials, timeoutMs, network, now }: CsrfOptions): Promise<Answer> {
  const deadline = startDeadline(timeoutMs, now());
  try {
    const request = new Request(url, {
      credentials,
      cache: "no-store",
      headers: { Accept: "application/json, application/problem+json" },
      signal: deadline.signal,
    });
    const response = await network(request, deadline.at);
    if (response.status === 404) {
      return null;
    }
    if (!response.ok) {
      return response;
    }
    const body = (await response.json().catch(() => null)) as { csrf?: unknown } | null;
    deadline.signal.throwIfAborted();
    if (typeof body?.csrf !== "string") {
      throw new UnexpectedBodyError(response);
    }
    return body.csrf;
  } finally {
    deadline.release();
  }
}

function withToken(request: Request, token: string | null): Request {
  if (token !== null) {
    request.headers.set(HEADERS_CSRF, token);
  }
  return request;
}

function unlessAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
