/** One refresh for all tabs of the browser. */
import { ownRequest } from "../../contract/own-request.js";
import { isProblem, peek } from "../../contract/problem.js";
import { type RetryOptions, retrying } from "../../contract/retry.js";
import type { Transport } from "../../contract/transport.js";
import { UnexpectedBodyError } from "../../contract/unexpected-body-error.js";
import type { Outside } from "../../outside.js";
import {
  HEADERS_DPOP_NONCE,
  HEADERS_REQUESTED_WITH,
  HEADERS_REQUESTED_WITH_VALUE,
} from "../../wire.js";
import type { KnownLogin } from "../known-login.js";
import type { Exclusively, Waited } from "./exclusively.js";
import { readGrant, type Token } from "./token.js";

/** A token; `null`: go on without one; a refusal, which is then the answer to the request that needed one. */
export type Outcome = Token | null | Response;

export interface RefreshOptions {
  credentials: RequestCredentials;
  timeoutMs: number;
  now(): number;
  retry: RetryOptions;
  send: Transport;
  outside: Outside;
  exclusively: Exclusively;
  login: KnownLogin;
}

/** Proves, without a CSRF token, that no other site made the browser send a request: it could not set this header. */
export const OURS = { [HEADERS_REQUESTED_WITH]: HEADERS_REQUESTED_WITH_VALUE };

const REQUEST: RequestInit = { method: "POST", redirect: "error", headers: OURS };

/** How long a tab that had to wait gives the winner's message to arrive. */
const NEWS_MS = 250;

/** After so much silence the answer may be lost: asked again within the grace window, the server repeats it. */
const SILENCE_MS = 3000;

/** The longest wait between two attempts, which together stay within the grace window. */
const PAUSE_MS = 2000;

/** There is no login that a refresh cookie could prolong; there may be one by the session cookie. */
const NONE = new Set(["UNAUTHENTICATED", "SESSION_EXPIRED"]);

/** There was one. After INVALID_DPOP_PROOF it cannot be used from here: this browser has lost the key. */
const LOST = new Set(["REFRESH_REUSED", "INVALID_DPOP_PROOF"]);

/** @param url `https://api.example.com/auth/refresh` */
export function createRefresh(
  url: string,
  { retry, send, outside, exclusively, login, ...own }: RefreshOptions,
): () => Promise<Outcome> {
  const pauses = { ...retry, maxMs: Math.min(retry.maxMs, PAUSE_MS) };
  const network = retrying(pauses, outside, () => true)(send);
  let running: Promise<Outcome> | undefined;

  /** @returns `undefined` when a sign-in has overtaken it whose token is yet to be asked for. */
  async function attempt(): Promise<Outcome | undefined> {
    const epoch = login.epoch();
    const former = login.token();
    const isOvertaken = () => login.epoch() !== epoch || login.token() !== former;
    return exclusively(async (waited) => {
      if (waited !== false && !isOvertaken()) {
        await news(waited);
      }
      if (isOvertaken()) {
        return login.token();
      }
      const asked = outside.now();
      const { response, body } = await ask();
      if (isOvertaken()) {
        return login.token();
      }
      if (response.ok) {
        const grant = readGrant(body, response, asked, outside);
        if (!grant.token) {
          throw new UnexpectedBodyError(response);
        }
        login.renewed(grant.token);
        return grant.token;
      }
      return refused(response, isProblem(body) ? body.code : "", former);
    });
  }

  async function refresh(): Promise<Outcome> {
    let outcome: Outcome | undefined;
    do {
      outcome = await attempt();
    } while (outcome === undefined);
    return outcome;
  }

  function refused(response: Response, code: string, former?: Token | null): Outcome {
    // With a nonce, the key is not what was wrong.
    const isRefused = response.status === 401 && !response.headers.has(HEADERS_DPOP_NONCE);
    const isNone = isRefused && NONE.has(code);
    // 404: the server went back to the session strategy. Never had a token: the login is by the session cookie, from
    // before the strategy was switched.
    if (response.status === 404 || (isNone && !former)) {
      login.withoutToken();
      return null;
    }
    if (isNone || (isRefused && LOST.has(code))) {
      login.expired(code);
    }
    return response;
  }

  async function news(waited: Waited): Promise<void> {
    // Without locks all begin at once: a random start lets the others hear of the first one's token.
    const ms = waited ? NEWS_MS : NEWS_MS * outside.random();
    await Promise.race([login.news(), outside.sleep(ms, new AbortController().signal)]);
  }

  const ask = () =>
    ownRequest({ ...own, url, ...REQUEST }, async (make, deadline, signal) => {
      const first = network(make(), deadline);
      const hasSettled = first.then(
        () => true,
        () => true,
      );
      const isInTime = await Promise.race([hasSettled, outside.sleep(SILENCE_MS, signal)]);
      const response = await (isInTime
        ? first
        : Promise.any([first, network(make(), deadline)]).catch(() => first));
      return { response, body: await peek(response) };
    });

  return () => {
    running ??= refresh().finally(() => {
      running = undefined;
    });
    return running;
  };
}
