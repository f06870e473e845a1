/**
 * Return the milliseconds that `Retry-After` asks to wait (RFC 9110 section 10.2.3).
 *
 * @param now milliseconds since 1970, for the form with a date.
 * @returns `undefined` without the header, or when it is neither seconds nor a date.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get("Retry-After")?.trim();
  if (!value) {
    return undefined;
  }
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
