/** Composes the features: reads as the package's table of contents. */
import { createCsrf } from "./auth/csrf.js";
import type { AuthEventName, AuthListener } from "./auth/events.js";
import { createKnownLogin } from "./auth/known-login.js";
import type { AuthPaths } from "./auth/login.js";
import { createProviders, type Providers } from "./auth/providers.js";
import { createSession, type Session } from "./auth/session.js";
import { type Bearer, createBearer } from "./auth/tokens/bearer.js";
import { createExclusively } from "./auth/tokens/exclusively.js";
import { proving } from "./auth/tokens/proving.js";
import { createRefresh } from "./auth/tokens/refresh.js";
import { type Client, createClient } from "./contract/client.js";
import { type RetryOptions, retrying } from "./contract/retry.js";
import { sending } from "./contract/transport.js";
import { type AppConfig, readConfig } from "./delivery/config.js";
import type { FilesPaths } from "./files/paths.js";
import { createFiles, type Files } from "./files/upload.js";
import { type Outside, outside as realOutside } from "./outside.js";
import { createRealtime, type Realtime } from "./realtime/realtime.js";
import {
  LIMITS_REQUEST_TIMEOUT_MS,
  LIMITS_RETRY_ATTEMPTS_MAX,
  LIMITS_RETRY_BACKOFF_BASE_MS,
  LIMITS_RETRY_BACKOFF_MAX_MS,
} from "./wire.js";

export interface DovetailOptions {
  /** What `window.__APP_CONFIG__` would say. Default: read from there. */
  config?: Partial<AppConfig>;
  /** A call's limit in milliseconds, retries and reading included. Default: 30 000. */
  timeoutMs?: number;
  retry?: Partial<RetryOptions>;
  /** Replaces parts of the outside world: another `fetch`, a clock, a channel between tabs. */
  outside?: Partial<Outside>;
}

/** In the token strategy, whose sign-in and sign-out are proved to be ours by the origin and by `X-Requested-With`. */
const NEEDS_NO_CSRF = new Set(["/auth/login", "/auth/logout"]);

/** Signing in and out, the person's logins, and the tokens that stand for them. */
export type Auth = Session & Providers & Pick<Bearer, "accessToken">;

export interface Dovetail<Paths, Sockets = {}> {
  readonly config: AppConfig;
  /** The typed client of the application's own contract. */
  readonly api: Client<Paths>;
  readonly auth: Auth;
  /** Uploads, straight to storage. */
  readonly files: Files;
  /** Notifications, and events of both directions. */
  readonly realtime: Realtime<Sockets>;
  /**
   * Hears what happens to the login, in this tab or another.
   *
   * @returns a function that ends the subscription.
   */
  on(name: AuthEventName, listener: AuthListener): () => void;
  /** Closes the connection, and leaves the channels between tabs. A page that stays open never needs it. */
  close(): void;
}

/**
 * Makes the client of one backend. Nothing is sent before the first call.
 *
 * @typeParam Paths the `paths` that openapi-typescript writes.
 * @typeParam Sockets the `sockets` that our generator writes of an AsyncAPI document.
 * @throws TypeError when `window.__APP_CONFIG__` has the wrong shape, or when there is no page and no `apiOrigin`.
 */
export function createDovetail<Paths = {}, Sockets = {}>(
  options: DovetailOptions = {},
): Dovetail<Paths, Sockets> {
  const config: AppConfig = { ...readConfig(), ...options.config };
  const outside: Outside = { ...realOutside, ...options.outside };
  const timeoutMs = options.timeoutMs ?? LIMITS_REQUEST_TIMEOUT_MS;
  const retry: RetryOptions = {
    limit: LIMITS_RETRY_ATTEMPTS_MAX,
    baseMs: LIMITS_RETRY_BACKOFF_BASE_MS,
    maxMs: LIMITS_RETRY_BACKOFF_MAX_MS,
    ...options.retry,
  };
  const { baseUrl, credentials } = address(config.apiOrigin);

  const send = config.dpop ? proving(baseUrl, outside)(sending(outside)) : sending(outside);
  const network = retrying(retry, outside)(send);
  const usesTokens = config.authStrategy === "token";
  const server = { baseUrl, credentials, timeoutMs, now: outside.now };
  const tabs = `dovetail:auth:${baseUrl}`;
  const exclusively = createExclusively(outside, usesTokens ? tabs : null);
  const csrf = createCsrf({
    ...server,
    url: `${baseUrl}/api/csrf-token`,
    exempt: usesTokens ? NEEDS_NO_CSRF : undefined,
    network,
  });
  const login = createKnownLogin({
    channel: outside.openChannel(tabs),
    usesTokens,
    replaceCsrf: csrf.replace,
    now: outside.now,
  });
  const bearer = createBearer({
    ...server,
    login,
    refresh: createRefresh(`${baseUrl}/auth/refresh`, {
      ...server,
      retry,
      send,
      outside,
      exclusively,
      login,
    }),
    session: () => session.session(),
  });
  const client = { ...server, transport: login.layer(bearer.layer(csrf.layer(network))) };
  const own = createClient<AuthPaths & FilesPaths>(client);
  const session = createSession({ client: own, login, exclusively, outside });
  const realtime = createRealtime<Sockets>({ baseUrl, outside, login, session, bearer });

  return {
    config,
    api: createClient<Paths>(client),
    auth: {
      ...session,
      ...createProviders(own, baseUrl, outside.navigate),
      accessToken: bearer.accessToken,
    },
    files: createFiles({
      client: own,
      baseUrl,
      outside,
      retry,
      subject: () => login.current()?.subject,
    }),
    realtime,
    on: login.events.on,
    close() {
      login.events.close();
      realtime.close();
    },
  };
}

/** Where the API is, and whether cookies need asking for to get there. */
function address(apiOrigin: string): { baseUrl: string; credentials: RequestCredentials } {
  const page = globalThis.location?.origin;
  const baseUrl = apiOrigin || page;
  if (!baseUrl?.startsWith("http")) {
    throw new TypeError(
      "There is no page whose origin the API could share: give createDovetail({ config: { apiOrigin } }).",
    );
  }
  return { baseUrl, credentials: baseUrl === page ? "same-origin" : "include" };
}
