import { afterEach, describe, expect, it, vi } from "vitest";
import { outside } from "../../src/core/outside.js";

const DAY_MS = 86_400_000;

afterEach(() => vi.useRealTimers());

describe("a sleep", () => {
  // A token of 40 days was renewed in a loop without a pause: such a timer fires at once.
  it.each([2 ** 31, 36 * DAY_MS, Infinity])("of %d ms is no sleep of 0 ms", async (ms) => {
    vi.useFakeTimers();
    let isOver = false;
    const { signal } = new AbortController();
    void outside.sleep(ms, signal).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(20 * DAY_MS);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(4 * DAY_MS);
    expect(isOver).toBe(true);
  });

  it("asks the browser for no longer timer than it has", async () => {
    const timer = vi.spyOn(globalThis, "setTimeout");
    const ending = new AbortController();
    const sleeping = outside.sleep(40 * DAY_MS, ending.signal);
    ending.abort(new Error("over"));
    await expect(sleeping).rejects.toThrow("over");
    expect(timer.mock.calls[0]?.[1]).toBeLessThan(2 ** 31);
  });
});
