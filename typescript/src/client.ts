/** Composes the features: the package's table of contents. */

import { createProofLayer } from "./auth/dpop/proof-layer.js";
import type { AuthEventName, AuthListener } from "./auth/logins/events.js";
import { createKnownLogin } from "./auth/logins/known-login.js";
import { createLoginList, type LoginList } from "./auth/logins/login-list.js";
import type { paths as AuthPaths } from "./auth/paths.js";
import { createProviders, type Providers } from "./auth/providers/providers.js";
import { type Bearer, createBearer } from "./auth/request/bearer.js";
import { createCsrf } from "./auth/request/csrf.js";
import { createSignIn, type SignIn } from "./auth/sign-in/sign-in.js";
import { createRefresh } from "./auth/tokens/refresh.js";
import { createTabLock } from "./auth/tokens/tab-lock.js";
import { type Client, createClient } from "./contract/client.js";
import type { OwnPaths } from "./contract/own-paths.js";
import { createRetryLayer, type RetryOptions } from "./contract/retry.js";
import { createTransport } from "./contract/transport.js";
import { type Outside, outside as realOutside } from "./core/outside.js";
import {
  LIMITS_REQUEST_TIMEOUT_MS,
  LIMITS_RETRY_ATTEMPTS_MAX,
  LIMITS_RETRY_BACKOFF_BASE_MS,
  LIMITS_RETRY_BACKOFF_MAX_MS,
} from "./core/wire/limits.js";
import { type AppConfig, readConfig } from "./delivery/config.js";
import { createFiles } from "./files/files.js";
import type { paths as FilesPaths } from "./files/paths.js";
import type { Files } from "./files/types.js";
import { createRealtime, type Realtime } from "./realtime/realtime.js";

/** The options of a client. All may be left out. */
export interface DovetailOptions {
  /** Members that replace those of `window.__APP_CONFIG__`. */
  config?: Partial<AppConfig>;
  /** The time limit of a call in milliseconds, retries and reading included. Default: 30 000. */
  timeoutMs?: number;
  retry?: Partial<RetryOptions>;
  /** Replaces parts of the outside world: another `fetch`, a clock, a channel between tabs. */
  outside?: Partial<Outside>;
}

/** In the token strategy: sign-in and sign-out are proved by the origin and by `X-Requested-With` instead. */
const CSRF_EXEMPT = new Set(["/auth/login", "/auth/logout"]);

/** Signing in and out, the person's logins, outside providers, and the access token. */
export type Auth<Paths = {}> = SignIn<Paths> & LoginList & Providers & Pick<Bearer, "accessToken">;

/** The client of one backend. */
export interface Dovetail<Paths, Sockets = {}> {
  readonly config: AppConfig;
  /** The typed client of the application's own contract. */
  readonly api: Client<Paths>;
  /**
   * The typed client of Dovetail's own routes, by the paths that they have without `DOVETAIL_ROUTES_PREFIX`:
   * `own.GET("/files")`.
   */
  readonly own: Client<OwnPaths<Paths>>;
  readonly auth: Auth<Paths>;
  /** Uploads, straight to storage. */
  readonly files: Files;
  /** Notifications, and events of both directions. */
  readonly realtime: Realtime<Sockets>;
  /**
   * Subscribes to an event of the login, in this tab or another.
   *
   * @returns a function that ends the subscription.
   */
  on(name: AuthEventName, listener: AuthListener): () => void;
  /** Closes the connection and the channels between tabs. A page that stays open never needs it. */
  close(): void;
}

/**
 * Make the client of one backend. Nothing is sent before the first call.
 *
 * @typeParam Paths the `paths` that openapi-typescript writes.
 * @typeParam Sockets the `sockets` that Dovetail's generator writes of an AsyncAPI document.
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
  const { baseUrl, credentials } = address(config);
  const ownUrl = baseUrl + config.routesPrefix;

  const direct = createTransport(outside);
  const send = config.dpop ? createProofLayer(ownUrl, outside)(direct) : direct;
  const network = createRetryLayer(retry, outside)(send);
  const usesTokens = config.authStrategy === "token";
  const server = { baseUrl, ownUrl, credentials, timeoutMs, now: outside.now };
  const tabs = `dovetail:auth:${baseUrl}`;
  const inOneTab = createTabLock(outside, usesTokens ? tabs : null);
  const csrf = createCsrf({
    ...server,
    exempt: usesTokens ? CSRF_EXEMPT : undefined,
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
    refresh: createRefresh(`${ownUrl}/auth/refresh`, {
      ...server,
      retry,
      send,
      outside,
      inOneTab,
      login,
    }),
    session: () => signIn.session(),
  });
  const transport = login.layer(bearer.layer(csrf.layer(network)));
  const client = createClient<Paths>({ ...server, transport });
  const ownClient = createClient<object>({ ...server, baseUrl: ownUrl, transport });
  const own = ownClient as Client<AuthPaths & FilesPaths>;
  const signIn = createSignIn({ client: own, login, inOneTab, outside });
  const realtime = createRealtime<Sockets>({
    baseUrl: ownUrl,
    outside,
    login,
    session: signIn.session,
    accessToken: bearer.accessToken,
  });

  return {
    config,
    api: client,
    own: ownClient as Client<OwnPaths<Paths>>,
    auth: {
      ...(signIn as SignIn<Paths>),
      ...createLoginList(own, login),
      ...createProviders(own, ownUrl, outside.navigate),
      accessToken: bearer.accessToken,
    },
    files: createFiles({
      client: own,
      baseUrl: ownUrl,
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

/** Returns the address that the API's paths are below, and how cookies are sent to it. */
function address({ apiOrigin, apiPrefix }: AppConfig): {
  baseUrl: string;
  credentials: RequestCredentials;
} {
  const page = globalThis.location?.origin;
  const origin = apiOrigin || page;
  if (!origin?.startsWith("http")) {
    throw new TypeError(
      "There is no page whose origin the API could share: give createDovetail({ config: { apiOrigin } }).",
    );
  }
  return {
    baseUrl: origin + apiPrefix,
    credentials: origin === page ? "same-origin" : "include",
  };
}
