import { expect, test } from "vitest";
import { oncePerTurn } from "../../src/core/once-per-turn.js";

test("calls of one moment run the task once, after them; later calls run it again", async () => {
  let runs = 0;
  const run = oncePerTurn(() => {
    runs += 1;
  });

  run();
  run();
  expect(runs).toBe(0);
  await Promise.resolve();
  expect(runs).toBe(1);
  run();
  await Promise.resolve();
  expect(runs).toBe(2);
});
