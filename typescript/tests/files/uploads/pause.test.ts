/** Pausing, resuming and giving up, at any moment. */
import { expect, test, vi } from "vitest";
import { rejectionOf } from "../../support/rejection.js";
import {
  fileOf,
  moment,
  openSender,
  recordProgress,
  sleep,
  statesOf,
} from "../../support/sender.js";
import { problem } from "../../support/server.js";

test("a pause aborts the parts under way, and only those are sent again", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  const reached = moment();
  let isHeld = true;
  storage.fate = ({ number }) => {
    if (!isHeld || number < 4) {
      return null;
    }
    if (number === 6) {
      reached.happen();
    }
    // Never answered, so that only the client can end it.
    return new Promise(() => {});
  };
  const { reports, options } = recordProgress();
  const task = tab.files.upload(fileOf(), options);
  await reached.happened;
  task.pause();
  expect(reports.at(-1)).toMatchObject({ state: "paused", rate: 0, secondsLeft: null });

  isHeld = false;
  task.resume();
  expect((await task).data?.size).toBe(10);
  expect(String(storage.files.get("key1")?.bytes)).toBe("abcdefghij");
  expect(storage.puts().filter((number) => number < 4)).toHaveLength(3);
  expect(statesOf(reports)).toEqual(["uploading", "paused", "uploading", "committing"]);
  expect(reports.every(({ loaded }, index) => loaded >= (reports[index - 1]?.loaded ?? 0))).toBe(
    true,
  );
});

test("a task that is paused at once sends nothing before resume()", async () => {
  const { storage, tab } = await openSender();
  const paused = moment();
  const task = tab.files.upload(fileOf(), {
    onProgress: ({ state }) => state === "paused" && paused.happen(),
  });
  task.pause();
  await paused.happened;
  expect(storage.received).toEqual([]);

  task.resume();
  expect((await task).data?.size).toBe(10);
});

test("a page may call pause() in every onProgress", async () => {
  const { tab } = await openSender();
  const paused = moment();
  let isPatient = false;
  const task = tab.files.upload(fileOf(), {
    onProgress({ state }) {
      if (!isPatient) {
        task.pause();
      }
      if (state === "paused") {
        paused.happen();
      }
    },
  });
  await paused.happened;
  isPatient = true;
  task.resume();

  expect((await task).data?.size).toBe(10);
});

test("pausing twice, resuming twice, and both after the end do no harm", async () => {
  const { tab } = await openSender();
  const task = tab.files.upload(fileOf());
  task.resume();
  task.pause();
  task.pause();
  task.resume();
  task.resume();
  const result = await task;
  task.pause();
  task.resume();

  expect(result.data?.size).toBe(10);
});

test("a pause during the last part delays the commit", async () => {
  const { storage, tab } = await openSender();
  const { reports, options } = recordProgress();
  storage.fate = () => {
    task.pause();
    return "lost";
  };
  const task = tab.files.upload(fileOf("abc"), options);
  await vi.waitFor(() => expect(reports.at(-1)?.state).toBe("paused"));
  expect(storage.to("/files/upload/commit")).toEqual([]);

  storage.fate = () => null;
  task.resume();
  expect((await task).data?.size).toBe(3);
});

test("a pause ends the wait between two tries", async () => {
  const { storage, tab } = await openSender({ outside: { sleep } });
  storage.fate = ({ times }) =>
    times === 1 ? problem("X", 503, { headers: { "Retry-After": "500" } }) : null;
  const { reports, options } = recordProgress();
  const task = tab.files.upload(fileOf("abc"), options);
  await vi.waitFor(() => expect(reports.at(-1)?.state).toBe("waiting"));
  task.pause();
  task.resume();

  expect((await task).data?.size).toBe(3);
});

test("an upload that is given up before its start rejects with the reason and sends nothing", async () => {
  const { storage, tab } = await openSender();
  const task = tab.files.upload(fileOf(), { signal: AbortSignal.abort("no") });

  expect(await rejectionOf(task)).toBe("no");
  expect(storage.received).toEqual([]);
});

test("an upload that is given up during its announcement rejects at once, and is discarded when its key is known", async () => {
  const { storage, tab } = await openSender();
  const controller = new AbortController();
  const presign = storage.delay("/files/upload/presign", {
    status: 201,
    body: { key: "held", size: 3, part_size: 4, part_count: 1, arrived: [], parts: [] },
  });
  const task = tab.files.upload(fileOf("abc"), { signal: controller.signal });
  await presign.reached;
  controller.abort("no");
  expect(await rejectionOf(task)).toBe("no");
  presign.open();

  await vi.waitFor(() =>
    expect(storage.to("/files/upload/held").map(({ method }) => method)).toEqual(["DELETE"]),
  );
});

test("an upload that is given up while parts travel aborts them and is discarded", async () => {
  const { storage, tab } = await openSender();
  const controller = new AbortController();
  const start = moment();
  storage.fate = () => {
    start.happen();
    return new Promise(() => {});
  };
  const task = tab.files.upload(fileOf(), { signal: controller.signal });
  await start.happened;
  controller.abort("no");
  expect(await rejectionOf(task)).toBe("no");

  await vi.waitFor(() => expect(storage.uploads.size).toBe(0));
  expect(storage.to("/files/upload/commit")).toEqual([]);
});

test("an upload that is given up while a part is read or hashed sends nothing more", async () => {
  const { storage, tab } = await openSender();
  const controller = new AbortController();
  const file = fileOf();
  vi.spyOn(file, "slice").mockImplementation((...range) => {
    controller.abort("no");
    return File.prototype.slice.apply(file, range);
  });
  expect(await rejectionOf(tab.files.upload(file, { signal: controller.signal }))).toBe("no");

  await vi.waitFor(() => expect(storage.uploads.size).toBe(0));
  expect(storage.puts()).toEqual([]);
});

test("an upload that is given up in a pause or between two tries rejects at once", async () => {
  const { storage, tab } = await openSender({ outside: { sleep } });
  storage.fate = () => problem("X", 503, { headers: { "Retry-After": "500" } });
  for (const state of ["paused", "waiting"]) {
    const controller = new AbortController();
    const { reports, options } = recordProgress({ signal: controller.signal });
    const task = tab.files.upload(fileOf(), options);
    await vi.waitFor(() => expect(reports.at(-1)?.state).toBe("waiting"));
    if (state === "paused") {
      task.pause();
    }
    expect(reports.at(-1)?.state).toBe(state);
    controller.abort("no");

    expect(await rejectionOf(task)).toBe("no");
    await vi.waitFor(() => expect(storage.uploads.size).toBe(0));
  }
});

test("an upload that is given up during the commit leaves no file", async () => {
  const { storage, tab } = await openSender();
  const controller = new AbortController();
  const commit = storage.delay("/files/upload/commit", { body: { id: "file-of-key1" } });
  const task = tab.files.upload(fileOf(), { signal: controller.signal });
  await commit.reached;
  controller.abort("no");
  expect(await rejectionOf(task)).toBe("no");
  await vi.waitFor(() => expect(storage.uploads.size).toBe(0));
  commit.open();

  await vi.waitFor(() =>
    expect(storage.to("/files/file-of-key1").map(({ method }) => method)).toEqual(["DELETE"]),
  );
});

test("giving up after the end does not delete the file", async () => {
  const { storage, tab } = await openSender();
  const controller = new AbortController();
  await tab.files.upload(fileOf(), { signal: controller.signal });
  storage.received.length = 0;
  controller.abort("too late");
  await tab.api.GET("/api/posts");

  expect(storage.received.map(({ url }) => url)).toEqual(["/api/posts"]);
  expect(storage.files.size).toBe(1);
});

test("a failed task that nobody awaits is no unhandled rejection", async () => {
  const { storage, tab } = await openSender();
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const controller = new AbortController();
  storage.fate = () => {
    controller.abort("no");
    return "reset";
  };
  tab.files.upload(fileOf(), { signal: controller.signal });
  await vi.waitFor(() =>
    expect(storage.to("/files/upload/key1").map(({ method }) => method)).toContain("DELETE"),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", unhandled);

  expect(unhandled).not.toHaveBeenCalled();
});
