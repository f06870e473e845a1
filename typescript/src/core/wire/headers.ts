// Generated from wire/headers.json by scripts/wire.mjs: change the JSON, then `npm run wire`.
// Header, cookie and global names that both halves agree on.
export const HEADERS_CSRF = "X-CSRF-Token";
export const HEADERS_REQUEST_ID = "X-Request-Id";
export const HEADERS_MOCK = "X-Dovetail-Mock";
export const HEADERS_SESSION_COOKIE = "sid";
export const HEADERS_CSRF_COOKIE = "csrf";
export const HEADERS_REFRESH_COOKIE = "rt";
export const HEADERS_REFRESH_PATH = "/auth";
export const HEADERS_PROVIDER_COOKIE = "provider";
export const HEADERS_REQUESTED_WITH = "X-Requested-With";
export const HEADERS_REQUESTED_WITH_VALUE = "XMLHttpRequest";
export const HEADERS_DPOP = "DPoP";
export const HEADERS_DPOP_NONCE = "DPoP-Nonce";
export const HEADERS_HOST_PREFIX = "__Host-";
export const HEADERS_SECURE_PREFIX = "__Secure-";
export const HEADERS_APP_CONFIG_GLOBAL = "__APP_CONFIG__";
export const HEADERS_CORS_ALLOW = [
  "Authorization",
  "Content-Type",
  "DPoP",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "X-CSRF-Token",
  "X-Request-Id",
  "X-Requested-With"
] as const;
export const HEADERS_CORS_EXPOSE = [
  "Accept-Ranges",
  "Content-Disposition",
  "Content-Range",
  "DPoP-Nonce",
  "ETag",
  "Location",
  "Retry-After",
  "WWW-Authenticate",
  "X-Dovetail-Mock",
  "X-Request-Id"
] as const;
export const HEADERS_CORS_METHODS = [
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT"
] as const;
