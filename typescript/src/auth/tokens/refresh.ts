/** The refresh of the access token: one for all tabs of the browser. */
import { ownRequest } from "../../contract/own-request.js";
import { isProblem, peek } from "../../contract/problem.js";
import { createRetryLayer, type RetryOptions } from "../../contract/retry.js";
import type { Transport } from "../../contract/transport.js";
import { UnexpectedBodyError } from "../../contract/unexpected-body-error.js";
import type { Outside } from "../../core/outside.js";
import { singleFlight } from "../../core/single-flight.js";
import { HEADERS_DPOP_NONCE } from "../../core/wire/headers.js";
import type { KnownLogin } from "../logins/known-login.js";
import { OWN_HEADERS } from "../request/own-headers.js";
import type { InOneTab, Waited } from "./tab-lock.js";
import { readGrant, type Token } from "./token.js";

/** A token; `null`: go on without one; a refusal, which becomes the answer to the request that needed a token. */
export type Outcome = Token | null | Response;

/** The dependencies of a refresh. */
export interface RefreshOptions {
  credentials: RequestCredentials;
  timeoutMs: number;
  now(): number;
  retry: RetryOptions;
  send: Transport;
  outside: Outside;
  inOneTab: InOneTab;
  login: KnownLogin;
}

const REQUEST: RequestInit = { method: "POST", redirect: "error", headers: OWN_HEADERS };

/** How long a tab that had to wait for the lock also waits for the other tab's message. */
const MESSAGE_MS = 250;

/** After so long the answer may be lost. Within its grace window the server repeats it to a second request. */
const SILENCE_MS = 3000;

/** The longest wait between two tries, so that all tries are within the grace window. */
const PAUSE_MS = 2000;

/** The refresh cookie stands for no login. There may be one by the session cookie. */
const NO_LOGIN = new Set(["UNAUTHENTICATED", "SESSION_EXPIRED"]);

/** The login is lost. After INVALID_DPOP_PROOF it cannot be used from here: this browser no longer has the key. */
const LOST_LOGIN = new Set(["REFRESH_REUSED", "INVALID_DPOP_PROOF"]);

/**
 * Make the function that refreshes. Callers of one moment share one refresh, in this tab and in the others.
 *
 * @param url `https://api.example.com/auth/refresh`
 */
export function createRefresh(
  url: string,
  { retry, send, outside, inOneTab, login, ...requestOptions }: RefreshOptions,
): () => Promise<Outcome> {
  const limits = { ...retry, maxMs: Math.min(retry.maxMs, PAUSE_MS) };
  const network = createRetryLayer(limits, outside, () => true)(send);

  /** @returns `undefined` when a sign-in has overtaken it and its token must be requested anew. */
  async function attempt(): Promise<Outcome | undefined> {
    const epoch = login.epoch();
    const former = login.token();
    const isOvertaken = () => login.epoch() !== epoch || login.token() !== former;
    return inOneTab(async (waited) => {
      if (waited !== false && !isOvertaken()) {
        await waitForMessage(waited);
      }
      if (isOvertaken()) {
        return login.token();
      }
      const requestedAt = outside.now();
      const { response, body } = await request();
      if (isOvertaken()) {
        return login.token();
      }
      if (response.ok) {
        const grant = readGrant(body, response, requestedAt, outside);
        if (!grant.token) {
          throw new UnexpectedBodyError(response);
        }
        login.renewToken(grant.token);
        return grant.token;
      }
      return handleRefusal(response, isProblem(body) ? body.code : "", former);
    });
  }

  async function refresh(): Promise<Outcome> {
    let outcome: Outcome | undefined;
    do {
      outcome = await attempt();
    } while (outcome === undefined);
    return outcome;
  }

  function handleRefusal(response: Response, code: string, former?: Token | null): Outcome {
    // With a nonce, the key was not the reason.
    const isRefused = response.status === 401 && !response.headers.has(HEADERS_DPOP_NONCE);
    const hasNoLogin = isRefused && NO_LOGIN.has(code);
    // 404: the server went back to the session strategy. No login and never a token: the login is by the session cookie,
    // from before the server switched to tokens.
    if (response.status === 404 || (hasNoLogin && !former)) {
      login.dropToken();
      return null;
    }
    if (hasNoLogin || (isRefused && LOST_LOGIN.has(code))) {
      login.recordExpiry(code);
    }
    return response;
  }

  async function waitForMessage(waited: Waited): Promise<void> {
    // Without locks all tabs begin at once: after random waits the others hear of the first one's token.
    const ms = waited ? MESSAGE_MS : MESSAGE_MS * outside.random();
    await Promise.race([login.nextChange(), outside.sleep(ms, new AbortController().signal)]);
  }

  const request = () =>
    ownRequest({ ...requestOptions, url, ...REQUEST }, async (make, deadline, signal) => {
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

  return singleFlight(refresh);
}
