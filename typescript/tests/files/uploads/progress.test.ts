/** The progress that the page sees. */
import { afterEach, expect, test, vi } from "vitest";
import { createProgress } from "../../../src/files/uploads/progress.js";
import { createRate } from "../../../src/files/uploads/rate.js";
import type { UploadProgress } from "../../../src/index.js";
import { fileOf, openSender, recordProgress, sleep, statesOf } from "../../support/sender.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Makes a progress with a clock of its own. */
function begin(total = 1000) {
  const reports: UploadProgress[] = [];
  const clock = { ms: 0, isPaused: false };
  const progress = createProgress({
    total,
    onProgress: (now) => void reports.push(now),
    isPaused: () => clock.isPaused,
    now: () => clock.ms,
  });
  return { progress, reports, clock, last: () => reports.at(-1) };
}

test("a steady rate is reported exactly from the first second on", () => {
  const clock = { ms: 0 };
  const rate = createRate(() => clock.ms);
  const reports: number[] = [];
  for (let step = 1; step <= 400; step++) {
    clock.ms += 50;
    rate.add(5000);
    reports.push(rate.value());
  }

  expect(reports[0]).toBe(0);
  for (const value of reports.slice(20)) {
    expect(value).toBeGreaterThan(95_000);
    expect(value).toBeLessThan(105_000);
  }
});

test("the rate changes little with a burst, falls in silence, and follows a lasting change", () => {
  const clock = { ms: 0 };
  const rate = createRate(() => clock.ms);
  const run = (seconds: number, perSecond: number) => {
    for (let step = 0; step < seconds * 20; step++) {
      clock.ms += 50;
      rate.add(perSecond / 20);
    }
    return rate.value();
  };
  const before = run(20, 100_000);
  expect(run(0.2, 1_000_000)).toBeLessThan(1.5 * before);
  run(30, 100_000);
  const silent = run(3, 0);
  expect(silent).toBeGreaterThan(40_000);
  expect(silent).toBeLessThan(80_000);
  expect(run(30, 10_000)).toBeLessThan(12_000);
});

test("secondsLeft is the missing bytes by the rate, in whole seconds", () => {
  const { progress, clock, last } = begin(100_000);
  for (let second = 1; second <= 50; second++) {
    clock.ms += 200;
    progress.onSent(1, second * 1000);
  }

  expect(last()?.loaded).toBe(50_000);
  expect(last()?.rate).toBeGreaterThan(4900);
  expect(last()?.rate).toBeLessThan(5200);
  expect(last()?.secondsLeft).toBe(10);
});

test("a part that is sent again does not take the progress back", () => {
  const { progress, reports, clock, last } = begin();
  clock.ms = 1000;
  progress.onSent(1, 600);
  progress.onStopped(1);
  clock.ms = 2000;
  progress.onSent(1, 0);
  progress.report();
  expect(last()?.loaded).toBe(600);
  // The whole file is still missing.
  expect(last()?.secondsLeft).toBe(Math.ceil(1000 / (last()?.rate ?? 0)));

  clock.ms = 3000;
  progress.onSent(1, 700);
  expect(last()?.loaded).toBe(700);
  expect(reports.every(({ loaded }, index) => loaded >= (reports[index - 1]?.loaded ?? 0))).toBe(
    true,
  );
});

test("bytes that another page sent count as loaded, but not for the rate", () => {
  const { progress, clock, last } = begin();
  clock.ms = 5000;
  progress.resumeAt(900);

  expect(last()).toMatchObject({ loaded: 900, rate: 0, secondsLeft: null });
});

test("bytes are reported ten times a second at most, everything else at once", () => {
  const { progress, reports, clock } = begin();
  for (let step = 1; step <= 100; step++) {
    clock.ms += 10;
    progress.onSent(1, step);
  }
  expect(reports.length).toBeLessThanOrEqual(10);

  const before = reports.length;
  progress.enter("committing");
  progress.enter("committing");
  expect(reports.slice(before).map(({ state }) => state)).toEqual(["committing"]);
});

test("the state is uploading while any part travels, even if others wait", () => {
  const { progress, last } = begin();
  progress.onSent(1, 10);
  const rested = progress.beginWait();
  expect(last()?.state).toBe("uploading");
  progress.onStopped(1);
  progress.report();
  expect(last()).toMatchObject({ state: "waiting", rate: 0, secondsLeft: null });
  rested();
  expect(last()?.state).toBe("uploading");
});

test("the rate does not count time before the first byte, in a pause or in a wait", () => {
  const { progress, clock, last } = begin(1_000_000);
  let sent = 0;
  const travel = () => {
    for (let step = 0; step < 20; step++) {
      clock.ms += 100;
      progress.onSent(1, (sent += 1000));
    }
    return last()?.rate;
  };
  const hour = 3_600_000;
  clock.ms += hour;
  progress.resumeAt(0);
  expect(travel()).toBeGreaterThan(9500);

  clock.isPaused = true;
  progress.onPauseChange();
  clock.ms += hour;
  clock.isPaused = false;
  progress.onPauseChange();
  expect(travel()).toBeGreaterThan(9500);

  progress.onStopped(1);
  sent = 0;
  const rested = progress.beginWait();
  clock.ms += hour;
  rested();
  expect(travel()).toBeGreaterThan(9500);
});

test("the wait of one part does not disturb the rate of the others", () => {
  const { progress, clock, last } = begin(1_000_000);
  for (let step = 1; step <= 20; step++) {
    clock.ms += 100;
    progress.onSent(1, step * 1000);
  }
  progress.beginWait()();

  expect(last()?.rate).toBeGreaterThan(9500);
});

test("an upload reports from 0 to the whole, uploading, then committing", async () => {
  const { tab } = await openSender({ partSize: 1 });
  const { reports, options } = recordProgress();
  await tab.files.upload(fileOf(), options);

  expect(reports[0]).toEqual({
    loaded: 0,
    total: 10,
    rate: 0,
    secondsLeft: null,
    state: "uploading",
  });
  expect(reports.at(-1)).toMatchObject({ loaded: 10, total: 10, state: "committing" });
  expect(statesOf(reports)).toEqual(["uploading", "committing"]);
});

test("nothing is reported after the end, nor after giving up", async () => {
  const { storage, tab } = await openSender();
  const controller = new AbortController();
  for (const signal of [undefined, controller.signal]) {
    const { reports, options } = recordProgress({ signal });
    const task = tab.files.upload(fileOf(), options);
    if (signal) {
      storage.fate = () => {
        controller.abort();
        return null;
      };
    }
    await task.catch(() => {});
    const count = reports.length;
    task.pause();
    task.resume();
    await tab.api.GET("/api/posts");

    expect(reports).toHaveLength(count);
  }
});

test("an upload waits offline, and goes on as soon as the computer is online", async () => {
  const browser = new EventTarget();
  const connection = { onLine: true };
  vi.stubGlobal("addEventListener", browser.addEventListener.bind(browser));
  vi.stubGlobal("removeEventListener", browser.removeEventListener.bind(browser));
  const { storage, tab } = await openSender({
    retry: { baseMs: 3_600_000 },
    outside: { sleep, locks: null },
  });
  vi.stubGlobal("navigator", connection);
  storage.fate = ({ number }) => {
    connection.onLine = connection.onLine && number !== 2;
    return connection.onLine ? null : "reset";
  };
  const { reports, options } = recordProgress();
  const task = tab.files.upload(fileOf(), options);
  await vi.waitFor(() => expect(reports.at(-1)?.state).toBe("waiting"));
  connection.onLine = true;
  storage.fate = () => null;
  browser.dispatchEvent(new Event("online"));

  expect((await task).data?.size).toBe(10);
  expect(statesOf(reports)).toEqual(["uploading", "waiting", "uploading", "committing"]);
});

test("a browser that knows it is offline never gives up", async () => {
  const { storage, tab, waits } = await openSender({
    outside: { locks: null },
    retry: { baseMs: 30_000 },
  });
  vi.stubGlobal("navigator", { onLine: false });
  storage.fate = ({ times }) => (times <= 60 ? "reset" : null);
  const { data } = await tab.files.upload(fileOf("abc"));

  expect(data?.size).toBe(3);
  expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(800_000);
});
