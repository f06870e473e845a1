/** Dates as people say them, in the reader's language. */

import { perLanguage } from "./per-language";

const relative = perLanguage((tag) => new Intl.RelativeTimeFormat(tag, { numeric: "auto" }));
const day = perLanguage((tag) => new Intl.DateTimeFormat(tag, { dateStyle: "long" }));
const exact = perLanguage(
  (tag) => new Intl.DateTimeFormat(tag, { dateStyle: "full", timeStyle: "short" }),
);

const units = [
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
] as const;

/** "3 minutes ago" for the last week, the date before that. `iso` and `now` are moments in UTC. */
export function relativeMoment(iso: string, now: Date, language: string): string {
  let amount = (now.getTime() - Date.parse(iso)) / 60_000;
  if (amount < 1) {
    return relative(language).format(0, "second"); // also when the server's clock is a little ahead
  }
  for (const [unit, size] of units) {
    if (amount < size) {
      return relative(language).format(-Math.floor(amount), unit);
    }
    amount /= size;
  }
  return calendarDay(iso, language);
}

/** "22 November 2026". */
export function calendarDay(iso: string, language: string): string {
  return day(language).format(new Date(iso));
}

/** The full date and time, for a tooltip. */
export function exactMoment(iso: string, language: string): string {
  return exact(language).format(new Date(iso));
}
