// Generated from wire/limits.json by scripts/wire.mjs: change the JSON, then `npm run wire`.
// Limits with their units. A key ends in its unit.
export const LIMITS_REQUEST_ID_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
export const LIMITS_PAGE_LIMIT_DEFAULT_ITEMS = 20;
export const LIMITS_PAGE_LIMIT_MAX_ITEMS = 100;
export const LIMITS_CURSOR_MAX_CHARS = 512;
export const LIMITS_RETRY_ATTEMPTS_MAX = 3;
export const LIMITS_RETRY_BACKOFF_BASE_MS = 300;
export const LIMITS_RETRY_BACKOFF_MAX_MS = 5000;
export const LIMITS_REQUEST_TIMEOUT_MS = 30000;
export const LIMITS_CLOCK_SKEW_S = 30;
export const LIMITS_ACCESS_TOKEN_MAX_BYTES = 8192;
