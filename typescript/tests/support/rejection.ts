import { expect } from "vitest";

/** Waits for a promise to reject, and returns the reason. */
export function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );
}
