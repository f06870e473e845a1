import { expect, test } from "vitest";
import { dataRate, dataSize, percent, timeSpan } from "./amounts";

const kB = 1024;
const MB = 1024 * kB;
const GB = 1024 * MB;

test.each([
  [0, "0 bytes", "0바이트"],
  [1, "1 byte", "1바이트"],
  [1023, "1,023 bytes", "1,023바이트"],
  [kB, "1 kB", "1kB"],
  [1.5 * MB, "1.5 MB", "1.5MB"],
  [9.96 * MB, "10 MB", "10MB"],
  [10 * MB, "10 MB", "10MB"],
  [MB - 1, "1 MB", "1MB"],
  [5 * GB, "5 GB", "5GB"],
  [2000 * 1024 * GB, "2,000 TB", "2,000TB"],
])("%d bytes are said as file managers do", (bytes, english, korean) => {
  expect(dataSize(bytes, "en")).toBe(english);
  expect(dataSize(bytes, "ko")).toBe(korean);
});

test("a rate is never said in single bytes", () => {
  expect(dataRate(2.5 * MB, "en")).toBe("2.5 MB/s");
  expect(dataRate(2.5 * MB, "ko")).toBe("2.5MB/s");
  expect(dataRate(7, "en")).toBe("1 kB/s");
});

test.each([
  [0, "1 second", "1초"],
  [7.2, "8 seconds", "8초"],
  [31, "35 seconds", "35초"],
  [58, "1 minute", "1분"],
  [200, "3 minutes", "3분"],
  [3599, "1 hour", "1시간"],
  [4800, "1 hour 20 minutes", "1시간 20분"],
  [40_000, "11 hours", "11시간"],
])("%d seconds are said roughly, as an estimate deserves", (seconds, english, korean) => {
  expect(timeSpan(seconds, "en")).toBe(english);
  expect(timeSpan(seconds, "ko")).toBe(korean);
});

test("nothing is 100% before it is whole", () => {
  expect(percent(0.999, "en")).toBe("99%");
  expect(percent(1, "ko")).toBe("100%");
});
