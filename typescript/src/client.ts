/** Composes the features: reads as the package's table of contents. */
import { createCsrf } from "./auth/csrf.js";
import type { AuthEventName, AuthListener } from "./auth/events.js";
import { createKnownLogin } from "./auth/known-login.js";
import type { AuthPaths } from "./auth/login.js";
import { type Auth, createAuth } from "./auth/session.js";
import { type Client, createClient } from "./contract/client.js";
import { type RetryOptions, retrying } from "./contract/retry.js";
import { sending } from "./contract/transport.js";
import { type AppConfig, readConfig } from "./delivery/config.js";
import { type Outside, outside as realOutside } from "./outside.js";
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

export interface Dovetail<Paths> {
  readonly config: AppConfig;
  /** The typed client of the application's own contract. */
  readonly api: Client<Paths>;
  readonly auth: Auth;
  /**
   * Hears what happens to the login, in this tab or another.
   *
   * @returns a function that ends the subscription.
   */
  on(name: AuthEventName, listener: AuthListener): () => void;
  /** Leaves the channel between tabs. A page that stays open never needs it. */
  close(): void;
}

/**
 * Makes the client of one backend. Nothing is sent before the first call.
 *
 * @typeParam Paths the `paths` that openapi-typescript writes.
 * @throws TypeError when `window.__APP_CONFIG__` has the wrong shape, or when there is no page and no `apiOrigin`.
 */
export function createDovetail<Paths = {}>(options: DovetailOptions = {}): Dovetail<Paths> {
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

  const network = retrying(retry, outside)(sending(outside));
  const csrf = createCsrf({
    url: `${baseUrl}/api/csrf-token`,
    credentials,
    timeoutMs,
    network,
    now: outside.now,
  });
  const login = createKnownLogin(outside.openChannel(`dovetail:auth:${baseUrl}`), csrf.replace);
  const transport = login.layer(csrf.layer(network));
  const client = { baseUrl, credentials, timeoutMs, transport, now: outside.now };

  return {
    config,
    api: createClient<Paths>(client),
    auth: createAuth(createClient<AuthPaths>(client), login),
    on: login.events.on,
    close: login.events.close,
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
