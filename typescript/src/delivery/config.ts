/**
 * What the backend tells the page at run time, so that one build serves every environment.
 *
 * `GET /config.js` sets `window.__APP_CONFIG__` before the application starts. Its twin, which writes it, is
 * `flask_dovetail/delivery/config_js.py`.
 */

/** The shape of `window.__APP_CONFIG__`. Never holds a secret, nor anything that depends on the login. */
export interface AppConfig {
  /** `""` when the API answers on the page's own origin, else an origin such as `https://api.example.com`. */
  readonly apiOrigin: string;
  readonly authStrategy: "session" | "token";
  /** Whether a sign-in and a refresh prove that this browser has its key (`docs/dpop.md`). */
  readonly dpop: boolean;
  /** Names the build that is deployed; `"none"` where Flask serves no build. */
  readonly buildId: string;
  /** The allow-listed values (`DOVETAIL_DELIVERY_PUBLIC_CONFIG`). */
  readonly public: Readonly<Record<string, unknown>>;
}

/** What holds without a `/config.js`: tests, and pages whose API answers on their own origin. */
export const defaultConfig: AppConfig = Object.freeze({
  apiOrigin: "",
  authStrategy: "session",
  dpop: false,
  buildId: "none",
  public: Object.freeze({}),
});

/**
 * Reads and checks `window.__APP_CONFIG__`.
 *
 * @returns `defaultConfig` where the global is absent; absent members take their default too.
 * @throws TypeError when a member has the wrong shape: what answered is not Dovetail's `/config.js`.
 */
export function readConfig(): AppConfig {
  const found = (globalThis as { __APP_CONFIG__?: unknown }).__APP_CONFIG__;
  if (found === undefined) {
    return defaultConfig;
  }
  if (!isRecord(found)) {
    throw refused("the whole", "an object");
  }
  const config = { ...defaultConfig, ...found };
  if (!isApiOrigin(config.apiOrigin)) {
    throw refused("apiOrigin", '"" or an http(s) origin without a path');
  }
  if (config.authStrategy !== "session" && config.authStrategy !== "token") {
    throw refused("authStrategy", '"session" or "token"');
  }
  if (typeof config.dpop !== "boolean") {
    throw refused("dpop", "true or false");
  }
  if (typeof config.buildId !== "string") {
    throw refused("buildId", "a string");
  }
  if (!isRecord(config.public)) {
    throw refused("public", "an object");
  }
  return config;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isApiOrigin(value: unknown): boolean {
  if (typeof value !== "string") {
    return false;
  }
  return (
    value === "" ||
    (/^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value)
  );
}

function refused(member: string, wanted: string): TypeError {
  return new TypeError(
    `window.__APP_CONFIG__: ${member} must be ${wanted}. Load /config.js from flask-dovetail before the application's script.`,
  );
}
