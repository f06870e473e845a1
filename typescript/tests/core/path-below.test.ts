import { expect, test } from "vitest";
import { pathBelow } from "../../src/core/path-below.js";

test.each([
  ["https://api.example.com", "https://api.example.com/auth/login?next=1", "/auth/login"],
  ["https://example.com/app", "https://example.com/app/auth/login#a", "/auth/login"],
  ["https://example.com/app", "https://example.com/auth/login", null],
  ["https://example.com/app", "https://example.com/apple/auth/login", null],
  ["https://example.com", "https://example.com.evil.example/auth/login", null],
  ["https://example.com", "http://example.com/auth/login", null],
])("the path below %s of %s is %s", (baseUrl, url, path) => {
  expect(pathBelow(baseUrl, url)).toBe(path);
});
