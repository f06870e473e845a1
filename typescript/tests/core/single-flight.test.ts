import { expect, test, vi } from "vitest";
import { singleFlight } from "../../src/core/single-flight.js";

test("calls of one moment share one run, and a later call runs anew", async () => {
  let runs = 0;
  const run = singleFlight(async () => {
    runs += 1;
    return runs;
  });

  expect(await Promise.all([run(), run()])).toEqual([1, 1]);
  expect(await run()).toBe(2);
});

test("all calls get the error of their run, and the next call runs anew", async () => {
  const task = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error("no network"));
  task.mockResolvedValue("here");
  const run = singleFlight(task);

  const outcomes = await Promise.allSettled([run(), run()]);

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await run()).toBe("here");
  expect(task).toHaveBeenCalledTimes(2);
});
