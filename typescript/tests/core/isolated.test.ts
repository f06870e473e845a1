import { expect, onTestFinished, test, vi } from "vitest";
import { callEach, isolated } from "../../src/core/isolated.js";

/** Collects the errors that are reported as uncaught. */
function collectReported(): unknown[] {
  const reported: unknown[] = [];
  const original = globalThis.queueMicrotask;
  vi.stubGlobal("queueMicrotask", (task: () => void) =>
    original(() => {
      try {
        task();
      } catch (error) {
        reported.push(error);
      }
    }),
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  return reported;
}

test("an error of a callback is reported, and not thrown", async () => {
  const reported = collectReported();
  const error = new Error("of the page");

  isolated(() => {
    throw error;
  });
  await Promise.resolve();

  expect(reported).toEqual([error]);
});

test("every listener is called with the arguments, whatever the others throw", async () => {
  const reported = collectReported();
  const calls: unknown[][] = [];

  callEach(
    [
      (...args: number[]) => void calls.push(args),
      () => {
        throw new Error("of the page");
      },
      (...args: number[]) => void calls.push(args),
    ],
    1,
    2,
  );
  await Promise.resolve();

  expect(calls).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(reported).toHaveLength(1);
});
