/** Dates as people say them, in the reader's language. */

const units = [
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
] as const;

/** "3 minutes ago" for the last week, the date before that. `iso` and `now` are moments in UTC. */
export function relativeMoment(iso: string, now: Date, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  let amount = (now.getTime() - Date.parse(iso)) / 60_000;
  if (amount < 1) {
    return format.format(0, "second"); // also when the server's clock is a little ahead
  }
  for (const [unit, size] of units) {
    if (amount < size) {
      return format.format(-Math.floor(amount), unit);
    }
    amount /= size;
  }
  return calendarDay(iso, language);
}

/** "22 November 2026". */
export function calendarDay(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(iso));
}

/** The full date and time, for a tooltip. */
export function exactMoment(iso: string, language: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
  return format.format(new Date(iso));
}
