/** Amounts of data and of time as people say them, in the reader's language. */

import { perLanguage } from "./per-language";

/** Each 1024 of the one before, as file managers and limits count. */
const sizes = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

const long = { style: "unit", unitDisplay: "long", maximumFractionDigits: 0 } as const;

const numbers = perLanguage((language) => {
  const formats = new Map<string, Intl.NumberFormat>();
  return (amount: number, options: Intl.NumberFormatOptions) => {
    const key = JSON.stringify(options);
    const format = formats.get(key) ?? new Intl.NumberFormat(language, options);
    formats.set(key, format);
    return format.format(amount);
  };
});

/** "1.5 MB". */
export function dataSize(bytes: number, language: string): string {
  const { amount, unit } = scaled(bytes);
  return unit === "byte"
    ? numbers(language)(amount, { ...long, unit })
    : numbers(language)(amount, { ...digits(amount), unit });
}

/** "1.5 MB/s". */
export function dataRate(bytesPerSecond: number, language: string): string {
  const { amount, unit } = scaled(Math.max(bytesPerSecond, 1024)); // nobody counts single bytes by the second
  return numbers(language)(amount, { ...digits(amount), unit: `${unit}-per-second` });
}

/** "40 seconds", "3 minutes", "1 hour 20 minutes": as exact as an estimate can be. */
export function timeSpan(seconds: number, language: string): string {
  const say = (amount: number, unit: string) => numbers(language)(amount, { ...long, unit });
  if (seconds < 55) {
    return say(
      seconds <= 10 ? Math.max(1, Math.ceil(seconds)) : Math.ceil(seconds / 5) * 5,
      "second",
    );
  }
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) {
    return say(minutes, "minute");
  }
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 || hours >= 10
    ? say(Math.round(minutes / 60), "hour")
    : `${say(hours, "hour")} ${say(rest, "minute")}`;
}

/** "25%". `share` is of 1; only what is whole is 100%. */
export function percent(share: number, language: string): string {
  return numbers(language)(Math.floor(share * 100) / 100, { style: "percent" });
}

function scaled(bytes: number): { amount: number; unit: string } {
  // What would be written as 1024 is already 1 of the next.
  const power = bytes < 1023.5 ? 0 : Math.floor(Math.log(bytes / 1023.5) / Math.log(1024)) + 1;
  const size = Math.min(power, sizes.length - 1);
  return { amount: bytes / 1024 ** size, unit: sizes[size] ?? "byte" };
}

/** A tenth matters below ten only. */
function digits(amount: number): Intl.NumberFormatOptions {
  return { style: "unit", unitDisplay: "short", maximumFractionDigits: amount < 9.95 ? 1 : 0 };
}
