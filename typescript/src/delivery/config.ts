/**
 * The configuration that the backend gives to the page at run time, so that one build serves every environment.
 *
 * `GET /config.js` sets `window.__APP_CONFIG__` before the application starts. Its twin, which writes it, is
 * `flask_dovetail/delivery/config_js.py`.
 */

/** The shape of `window.__APP_CONFIG__`. It never has a secret, nor anything that depends on the login. */
export interface AppConfig {
  /** `""` when the API answers on the page's own origin, else an origin such as `https://api.example.com`. */
  readonly apiOrigin: string;
  /** The path that the API is mounted below, such as `/app`; `""` at the root of its origin. */
  readonly apiPrefix: string;
  /** The path below it that Dovetail's own routes have been moved below (`DOVETAIL_ROUTES_PREFIX`), or `""`. */
  readonly routesPrefix: string;
  readonly authStrategy: "session" | "token";
  /** Whether a sign-in and a refresh prove that this browser has its key (`docs/dpop.md`). */
  readonly dpop: boolean;
  /** Names the build that is deployed; `"none"` where Flask serves no build. */
  readonly buildId: string;
  /** The allow-listed values (`DOVETAIL_DELIVERY_PUBLIC_CONFIG`). */
  readonly public: Readonly<Record<string, unknown>>;
}

/** The configuration without a `/config.js`: in tests, and in pages whose API is on their own origin. */
export const defaultConfig: AppConfig = Object.freeze({
  apiOrigin: "",
  apiPrefix: "",
  routesPrefix: "",
  authStrategy: "session",
  dpop: false,
  buildId: "none",
  public: Object.freeze({}),
});

/** For each member, whether a value has its shape, and the shape in words. */
const SHAPES: Record<keyof AppConfig, [isRight: (value: unknown) => boolean, shape: string]> = {
  apiOrigin: [isApiOrigin, '"" or an http(s) origin without a path'],
  apiPrefix: [isPrefix, '"" or a path such as "/app"'],
  routesPrefix: [isPrefix, '"" or a path such as "/_dovetail"'],
  authStrategy: [(value) => value === "session" || value === "token", '"session" or "token"'],
  dpop: [(value) => typeof value === "boolean", "true or false"],
  buildId: [(value) => typeof value === "string", "a string"],
  public: [isRecord, "an object"],
};

/**
 * Read and check `window.__APP_CONFIG__`.
 *
 * @returns `defaultConfig` where the global is absent. Members that are absent have their default too.
 * @throws TypeError when a member has the wrong shape: another server answers `/config.js`.
 */
export function readConfig(): AppConfig {
  const given = (globalThis as { __APP_CONFIG__?: unknown }).__APP_CONFIG__;
  if (given === undefined) {
    return defaultConfig;
  }
  if (!isRecord(given)) {
    throw wrongShape("the whole", "an object");
  }
  const config: AppConfig = { ...defaultConfig, ...given };
  for (const [member, [isRight, shape]] of Object.entries(SHAPES)) {
    if (!isRight(config[member as keyof AppConfig])) {
      throw wrongShape(member, shape);
    }
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

function isPrefix(value: unknown): boolean {
  return typeof value === "string" && /^(?:\/[^/?#\\]+)*$/.test(value);
}

function wrongShape(member: string, shape: string): TypeError {
  return new TypeError(
    `window.__APP_CONFIG__: ${member} must be ${shape}. Load /config.js of Flask before the application's script.`,
  );
}
