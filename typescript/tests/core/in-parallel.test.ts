import { expect, test } from "vitest";
import { inParallel } from "../../src/core/in-parallel.js";
import { rejectionOf } from "../support/rejection.js";

const noSignal = new AbortController().signal;
const turn = () => new Promise((resolve) => setTimeout(resolve));

test("every item is worked on once, never more at a time than allowed", async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;

  await inParallel([1, 2, 3, 4, 5], 2, noSignal, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    done.push(item);
  });

  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test("the first failure aborts the others, and is thrown when they have ended", async () => {
  const failure = new Error("the first");
  const ended: number[] = [];

  const error = await rejectionOf(
    inParallel([1, 2, 3, 4], 2, noSignal, async (item, signal) => {
      if (item === 1) {
        throw failure;
      }
      await turn();
      ended.push(item);
      signal.throwIfAborted();
    }),
  );

  expect(error).toBe(failure);
  expect(ended).toEqual([2]);
});

test("an abort ends the work with the signal's reason", async () => {
  const controller = new AbortController();
  const started: number[] = [];

  const error = await rejectionOf(
    inParallel([1, 2, 3], 1, controller.signal, async (item) => {
      started.push(item);
      controller.abort("enough");
      await turn();
    }),
  );

  expect(error).toBe("enough");
  expect(started).toEqual([1]);
});
