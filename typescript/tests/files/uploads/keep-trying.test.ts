/** Broken connections, busy servers, and addresses and logins that expire during an upload. */
import { expect, test, vi } from "vitest";
import { isNetworkError } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { rejectionOf } from "../../support/rejection.js";
import { fileOf, openSender, recordProgress, sleep } from "../../support/sender.js";
import { problem } from "../../support/server.js";
import type { Storage } from "../../support/storage.js";

const contents = (storage: Storage) =>
  [...storage.files.values()].map(({ bytes }) => String(bytes));
const down = (seconds: number) =>
  problem("SERVICE_UNAVAILABLE", 503, { headers: { "Retry-After": String(seconds) } });

test("a part whose connection breaks is sent again, and only that one", async () => {
  const { storage, tab } = await openSender();
  storage.fate = ({ number, times }) => (number === 2 && times <= 2 ? "reset" : null);
  await tab.files.upload(fileOf());

  expect(contents(storage)).toEqual(["abcdefghij"]);
  expect(storage.puts().toSorted((a, b) => a - b)).toEqual([1, 2, 2, 2, 3]);
});

test("a part whose answer was lost is not sent again", async () => {
  const { storage, tab } = await openSender();
  storage.fate = ({ number }) => (number === 2 ? "lost" : null);
  await tab.files.upload(fileOf());

  expect(contents(storage)).toEqual(["abcdefghij"]);
  expect(storage.puts().toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
});

test("Retry-After of a busy server is the least wait", async () => {
  for (const status of [503, 429]) {
    const { storage, tab, waits } = await openSender();
    storage.fate = ({ number, times }) =>
      number === 1 && times === 1 ? { ...down(7), status } : null;
    await tab.files.upload(fileOf(), { parallel: 1 });

    expect(contents(storage)).toEqual(["abcdefghij"]);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(7000);
    // The answer does not concern the address.
    expect(storage.to("/files/upload/key1")).toEqual([]);
  }
});

test("a part is retried after 408, 500, 502 and 504", async () => {
  for (const status of [408, 500, 502, 504]) {
    const { storage, tab } = await openSender();
    storage.fate = ({ times }) => (times === 1 ? { status, body: "<Error/>" } : null);
    await tab.files.upload(fileOf());

    expect(contents(storage)).toEqual(["abcdefghij"]);
  }
});

test("waits grow, are random, and stay below half a minute", async () => {
  const { storage, tab, waits } = await openSender({ retry: { baseMs: 300 } });
  storage.fate = ({ times }) => (times <= 9 ? { status: 503 } : null);
  await tab.files.upload(fileOf("abc"));

  expect(waits).toEqual([150, 300, 600, 1200, 2400, 4800, 9600, 15_000, 15_000]);
});

test("an upload fails after ten minutes without an arrival, and its parts are kept", async () => {
  const { storage, tab, waits } = await openSender({ retry: { baseMs: 300 } });
  storage.fate = ({ number }) => (number === 2 ? "reset" : null);
  const error = await rejectionOf(tab.files.upload(fileOf()));

  expect(isNetworkError(error)).toBe(true);
  expect(String(error)).not.toContain("generation");
  expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(540_000);
  expect([...(storage.uploads.get("key1")?.parts.keys() ?? [])]).toEqual([1, 3]);
});

test("a server that stays busy is the result, with its Retry-After", async () => {
  const { storage, tab } = await openSender();
  storage.fate = () => down(601);
  const { problem: refusal } = await tab.files.upload(fileOf());

  expect(refusal).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryAfter: 601 });
});

test("every arrival of a part begins the ten minutes anew", async () => {
  const { storage, tab } = await openSender({ partSize: 1, retry: { baseMs: 30_000 } });
  // 15 s each: together far more than ten minutes, but never without an arrival in between.
  storage.fate = ({ times }) => (times <= 15 ? "reset" : null);
  await tab.files.upload(fileOf("abcd"), { parallel: 1 });

  expect(contents(storage)).toEqual(["abcd"]);
});

test("expired addresses are renewed by one request for all parts", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  const refused: number[] = [];
  storage.fate = async ({ number, times }) => {
    if (number <= 3 && times === 1) {
      storage.expireUrls();
      refused.push(number);
      await vi.waitFor(() => expect(refused).toHaveLength(3));
    }
    return null;
  };
  await tab.files.upload(fileOf());

  expect(contents(storage)).toEqual(["abcdefghij"]);
  expect(storage.to("/files/upload/key1")).toHaveLength(1);
});

test("addresses are renewed before they expire, unless a young ticket shows that the clock is wrong", async () => {
  let ahead = 0;
  const { storage, tab } = await openSender({
    partSize: 1,
    outside: { now: () => Date.now() + ahead },
  });
  storage.fate = ({ number }) => {
    ahead += number === 4 ? 880_000 : 0;
    return null;
  };
  await tab.files.upload(fileOf(), { parallel: 1 });
  expect(storage.to("/files/upload/key1")).toHaveLength(1);

  ahead = 86_400_000;
  storage.fate = () => null;
  await tab.files.upload(fileOf("0123456789"), { parallel: 1 });
  expect(storage.to("/files/upload/key2")).toEqual([]);
});

test("an address that is refused again after its renewal is the result", async () => {
  const { storage, tab } = await openSender();
  storage.fate = () => ({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" });
  const { problem: refusal } = await tab.files.upload(fileOf("abc"));

  expect(refusal).toMatchObject({ code: "FORBIDDEN", status: 403 });
  expect(storage.puts()).toEqual([1, 1, 1]);
});

test.each(["session", "token"] as const)(
  "signing in again in the middle, in the %s strategy, is not noticed",
  async (strategy) => {
    const { storage, tab } = await openSender({ strategy, partSize: 1 });
    storage.fate = async ({ number, times }) => {
      if (number === 2 && times === 1) {
        await tab.auth.signIn(demo);
      }
      return null;
    };
    await tab.files.upload(fileOf(), { parallel: 1 });

    expect(contents(storage)).toEqual(["abcdefghij"]);
  },
);

test("an access token that expires during the upload is renewed", async () => {
  const { storage, tab } = await openSender({
    strategy: "token",
    partSize: 1,
    outside: { sleep },
  });
  storage.fate = ({ number, times }) => {
    if (number === 4 && times === 1) {
      storage.families.forgetKeys();
      storage.expireUrls();
    }
    return null;
  };
  await tab.files.upload(fileOf(), { parallel: 1 });

  expect(contents(storage)).toEqual(["abcdefghij"]);
  expect(storage.to("/auth/refresh")).toHaveLength(1);
});

test("a CSRF token that becomes invalid during the upload is replaced", async () => {
  const { storage, tab } = await openSender();
  storage.fate = ({ number }) => {
    if (number === 3) {
      storage.rotateSecret();
    }
    return null;
  };
  await tab.files.upload(fileOf(), { parallel: 1 });

  expect(contents(storage)).toEqual(["abcdefghij"]);
  expect(storage.to("/files/upload/commit")).toHaveLength(2);
});

test("a login that ends during the upload is the result; after signing in only missing parts are sent", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  storage.fate = ({ number }) => {
    if (number === 5) {
      storage.endAll();
    }
    return null;
  };
  const { problem: refusal } = await tab.files.upload(fileOf(), { parallel: 1 });
  expect(refusal?.code).toBe("SESSION_EXPIRED");

  storage.fate = () => null;
  storage.received.length = 0;
  await tab.auth.signIn(demo);
  await tab.files.upload(fileOf(), { parallel: 1 });
  expect(storage.puts()).toEqual([5, 6, 7, 8, 9, 10]);
  expect(contents(storage)).toEqual(["abcdefghij"]);
});

test("an upload that the server has dropped starts anew, once", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  storage.fate = ({ key, number }) => {
    if (key === "key1" && number === 5) {
      storage.sweep();
    }
    return null;
  };
  const { reports, options } = recordProgress({ parallel: 1 });
  await tab.files.upload(fileOf(), options);

  expect(contents(storage)).toEqual(["abcdefghij"]);
  const loaded = reports.map((progress) => progress.loaded);
  const steps = loaded.filter((bytes, index) => bytes < (loaded[index - 1] ?? 0));
  expect(steps).toEqual([0]);

  storage.fate = ({ number }) => {
    if (number === 5) {
      storage.sweep();
    }
    return null;
  };
  const again = await tab.files.upload(fileOf("0123456789"), { parallel: 1 });
  expect(again.problem?.code).toBe("NOT_FOUND");
  expect(storage.to("/files/upload/presign")).toHaveLength(4);
});

test("an upload that has expired at its commit starts anew", async () => {
  const { storage, tab } = await openSender();
  let commits = 0;
  storage.override("/files/upload/commit", () => {
    commits += 1;
    storage.override("/files/upload/commit", null);
    storage.sweep();
    return problem("UPLOAD_EXPIRED", 410);
  });
  await tab.files.upload(fileOf());

  expect(commits).toBe(1);
  expect(contents(storage)).toEqual(["abcdefghij"]);
});

test("an upload of one person is not sent as another", async () => {
  const { storage, tab } = await openSender({ partSize: 1 });
  storage.fate = async ({ number }) => {
    if (number === 5) {
      await tab.auth.signIn({ email: "other@example.com", password: "right" });
    }
    return null;
  };
  const { problem: refusal } = await tab.files.upload(fileOf(), { parallel: 1 });

  expect(refusal?.code).toBe("NOT_FOUND");
  expect(storage.to("/files/upload/presign")).toHaveLength(1);
});

test("an announcement whose answer was lost is found again", async () => {
  let lose = true;
  const { storage, tab } = await openSender({
    outside: {
      async fetch(request) {
        const response = await fetch(request);
        if (lose && request.url.endsWith("/presign")) {
          lose = false;
          throw new TypeError("the answer was lost");
        }
        return response;
      },
    },
  });
  await tab.files.upload(fileOf());

  expect(contents(storage)).toEqual(["abcdefghij"]);
  expect(storage.to("/files/upload/presign")).toHaveLength(1);
});

test("a commit whose answer is lost or takes too long is sent again", async () => {
  const { storage, tab } = await openSender();
  let commits = 0;
  storage.override("/files/upload/commit", () => {
    commits += 1;
    storage.override("/files/upload/commit", null);
    return { status: 504, body: "<html>" };
  });
  const { data } = await tab.files.upload(fileOf());

  expect(commits).toBe(1);
  expect(data?.id).toBe("file-of-key1");
});

test("the time limit of calls does not apply to the commit", async () => {
  const { storage, tab } = await openSender({ timeoutMs: 500 });
  const commit = storage.delay("/files/upload/commit", { body: { id: "late" } });
  const task = tab.files.upload(fileOf());
  await commit.reached;
  await new Promise((resolve) => setTimeout(resolve, 600));
  commit.open();

  expect((await task).data?.id).toBe("late");
});

test("parts that are missing at the commit are sent again, twice at most", async () => {
  const { storage, tab } = await openSender();
  const forget = () => {
    storage.uploads.get("key1")?.parts.delete(2);
    storage.override("/files/upload/commit", null);
    return problem("UPLOAD_INCOMPLETE", 409, { missing: [2] });
  };
  storage.override("/files/upload/commit", forget);
  await tab.files.upload(fileOf());
  expect(storage.puts().toSorted((a, b) => a - b)).toEqual([1, 2, 2, 3]);
  expect(contents(storage)).toEqual(["abcdefghij"]);

  storage.override("/files/upload/commit", () =>
    problem("UPLOAD_INCOMPLETE", 409, { missing: [2] }),
  );
  const { problem: refusal } = await tab.files.upload(fileOf("0123456789"));
  expect(refusal?.code).toBe("UPLOAD_INCOMPLETE");
});

test("bytes that change on the way are the server's problem as the result", async () => {
  const { storage, tab } = await openSender();
  storage.fate = ({ number }) => {
    if (number === 3) {
      storage.uploads.get("key1")?.parts.set(1, Buffer.from("xxxx"));
    }
    return null;
  };
  const { problem: refusal } = await tab.files.upload(fileOf(), { parallel: 1 });

  expect(refusal?.code).toBe("CHECKSUM_MISMATCH");
});
