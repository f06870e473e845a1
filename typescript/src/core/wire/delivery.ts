// Generated from wire/delivery.json by scripts/wire.mjs: change the JSON, then `npm run wire`.
// Which addresses belong to the server. Flask never answers them with the page, Vite's development server proxies them.
export const DELIVERY_API_PREFIXES = [
  "/api",
  "/auth",
  "/files",
  "/static",
  "/bff",
  "/socket.io",
  "/.well-known",
  "/openapi.json",
  "/asyncapi.json",
  "/docs",
  "/healthz",
  "/readyz"
] as const;
export const DELIVERY_CONFIG_PATH = "/config.js";
