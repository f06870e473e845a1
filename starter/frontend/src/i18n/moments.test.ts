import { expect, test } from "vitest";
import { relativeMoment } from "./moments";

const now = new Date("2026-11-22T12:00:00Z");

test.each([
  ["2026-11-22T11:59:30Z", "now", "지금"],
  ["2026-11-22T11:57:00Z", "3 minutes ago", "3분 전"],
  ["2026-11-22T10:00:00Z", "2 hours ago", "2시간 전"],
  ["2026-11-21T11:00:00Z", "yesterday", "어제"],
  ["2026-11-12T12:00:00Z", "November 12, 2026", "2026년 11월 12일"],
])("%s is said as people would", (iso, english, korean) => {
  expect(relativeMoment(iso, now, "en-US")).toBe(english);
  expect(relativeMoment(iso, now, "ko")).toBe(korean);
});

test("a moment is never in the future, however the clocks stand", () => {
  expect(relativeMoment("2026-11-22T12:00:20Z", now, "en")).toBe("now");
});
