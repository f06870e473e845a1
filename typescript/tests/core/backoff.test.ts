import { expect, test } from "vitest";
import { backoff } from "../../src/core/backoff.js";

const limits = { baseMs: 300, maxMs: 5000 };

test("the longest wait doubles with each failure, up to the maximum", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 5000].map((failures) => backoff(failures, limits, 1));

  expect(longest).toEqual([300, 600, 1200, 2400, 4800, 5000, 5000, 5000]);
});

test("a wait is a random share of the longest one", () => {
  expect(backoff(2, limits, 0)).toBe(0);
  expect(backoff(2, limits, 0.25)).toBe(300);
});

test("without a base there is no wait, however many failures", () => {
  expect(backoff(5000, { baseMs: 0, maxMs: 5000 }, 1)).toBe(0);
});
