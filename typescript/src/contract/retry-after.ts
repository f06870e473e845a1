/**
 * Milliseconds that `Retry-After` asks for, in either of its forms: seconds or an HTTP date (RFC 9110 section 10.2.3).
 *
 * @returns `undefined` without the header, or when it says neither.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get("Retry-After")?.trim();
  if (!value) {
    return undefined;
  }
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
