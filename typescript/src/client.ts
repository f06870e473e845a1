/** Composes the features: reads as the package's table of contents. */
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
}

export function createDovetail<Paths = {}>(options: DovetailOptions = {}): Dovetail<Paths> {
  const config: AppConfig = { ...readConfig(), ...options.config };
  const outside: Outside = { ...realOutside, ...options.outside };
  const retry: RetryOptions = {
    limit: LIMITS_RETRY_ATTEMPTS_MAX,
    baseMs: LIMITS_RETRY_BACKOFF_BASE_MS,
    maxMs: LIMITS_RETRY_BACKOFF_MAX_MS,
    ...options.retry,
  };
  const page = globalThis.location?.origin;
  const baseUrl = config.apiOrigin || (page?.startsWith("http") ? page : "");
  const transport = retrying(retry, outside)(sending(outside));
  const clientOptions = {
    baseUrl,
    credentials: baseUrl === page ? "same-origin" : "include",
    timeoutMs: options.timeoutMs ?? LIMITS_REQUEST_TIMEOUT_MS,
    transport,
    outside,
  } as const;
  return { config, api: createClient<Paths>(clientOptions) };
}
