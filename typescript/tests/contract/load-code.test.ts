import { expect, test, vi } from "vitest";
import { loadCode } from "../../src/contract/load-code.js";
import { NetworkError } from "../../src/index.js";
import { rejectionOf } from "../support/rejection.js";

test("code is loaded by the first call only, and every call gets the same", async () => {
  const load = vi.fn<() => Promise<object>>(async () => ({}));
  const use = loadCode("https://api.example.com", load);
  expect(load).not.toHaveBeenCalled();

  const [first, second] = await Promise.all([use(), use()]);

  expect(second).toBe(first);
  expect(await use()).toBe(first);
  expect(load).toHaveBeenCalledTimes(1);
});

test("code that cannot be fetched is a NetworkError that says so, and the next call tries again", async () => {
  const cause = new TypeError("Failed to fetch dynamically imported module");
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(cause);
  load.mockResolvedValue("code");
  const use = loadCode("https://api.example.com", load);

  const error = await rejectionOf(use());

  expect(error).toBeInstanceOf(NetworkError);
  expect(error).toMatchObject({ cause, isCode: true, message: "Code was not loaded." });
  expect(await use()).toBe("code");
});
