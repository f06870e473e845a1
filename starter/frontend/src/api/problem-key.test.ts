import { NetworkError } from "flask-dovetail";
import { afterEach, expect, test, vi } from "vitest";
import { problemKey } from "./problem-key";

const request = new Request("https://api.example.com/api/me");

afterEach(() => vi.restoreAllMocks());

test("no answer is told as the network's fault", () => {
  expect(problemKey(new NetworkError(request, null))).toBe("problem.NETWORK");
});

test("code that is gone after a deploy asks for a reload, unless the browser is offline", () => {
  const error = new NetworkError(request, null, true);
  expect(problemKey(error)).toBe("problem.OUTDATED");
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  expect(problemKey(error)).toBe("problem.NETWORK");
});
