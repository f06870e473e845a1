import { perLanguage } from "./per-language";

const time = perLanguage((tag) => new Intl.DateTimeFormat(tag, { timeStyle: "short" }));
const dayAndTime = perLanguage(
  (tag) =>
    new Intl.DateTimeFormat(tag, {
      month: "long",
      day: "numeric",
      hour: "numeric",
      minute: "2-digit",
    }),
);

/** "9:45 PM"; with the day when that is not today. */
export function deadline(iso: string, now: Date, language: string): string {
  const then = new Date(iso);
  const format = then.toDateString() === now.toDateString() ? time : dayAndTime;
  return format(language).format(then);
}
