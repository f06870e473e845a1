/** A tab as leader, follower or closed, in the orders of events that locks and channels allow. */
import { expect, test, vi } from "vitest";
import { outside } from "../../../src/core/outside.js";
import type { ReconnectingConnection } from "../../../src/realtime/connections/reconnect.js";
import { shareConnection } from "../../../src/realtime/tabs/leader.js";

type Grant = () => unknown;

interface Request {
  options: LockOptions;
  /** Grants the lock; returns what the tab keeps it for. */
  grant: Grant;
  /** Takes the lock away, or refuses it. */
  lose(): void;
}

/** Makes a tab whose locks, messages and patience are in the hands of the test. */
function openTab() {
  const requests: Request[] = [];
  const connections: { isOpen: boolean }[] = [];
  let endPatience = () => {};
  let receive = (_message: object) => {};

  function request(name: string, options: LockOptions, task: Grant) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const lose = () => reject(new DOMException("lost", "AbortError"));
    const grant = () => {
      const kept = task();
      Promise.resolve(kept).then(resolve, reject);
      return kept;
    };
    if (name === "tabs") {
      requests.push({ options, grant, lose });
    } else {
      grant(); // the tab's own lock
    }
    return promise;
  }

  const tab = shareConnection({
    name: "tabs",
    outside: {
      ...outside,
      locks: { request } as unknown as LockManager,
      openChannel: () => ({
        addEventListener: (_type, listener) => {
          receive = (message) => listener({ data: message } as MessageEvent);
        },
        postMessage() {},
        close() {},
      }),
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          endPatience = resolve;
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    },
    last: () => null,
    connect() {
      const connection = { isOpen: true };
      connections.push(connection);
      return {
        want() {},
        drop() {},
        hurry() {},
        emit: async () => ({ data: "own" }),
        close() {
          connection.isOpen = false;
        },
      } as unknown as ReconnectingConnection;
    },
    onState() {},
    onEvent() {},
  });

  return {
    tab,
    requests,
    open: () => connections.filter(({ isOpen }) => isOpen).length,
    count: () => connections.length,
    receive: (message: object) => receive(message),
    async loseLeader() {
      endPatience();
      await settled();
    },
    at: (index: number) => requests.at(index) as Request,
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a lock that is granted after the end makes no connection, and is given back", async () => {
  const { tab, at, count } = openTab();
  tab.close();

  expect(at(0).grant()).toBeUndefined();
  await settled();
  expect(count()).toBe(0);
});

test("a lock that was taken from a leader, and is granted after the end, makes no connection", async () => {
  const { tab, at, count, loseLeader } = openTab();
  await loseLeader();
  expect(at(-1).options.steal).toBe(true);
  tab.close();

  expect(at(-1).grant()).toBeUndefined();
  await settled();
  expect(count()).toBe(0);
});

for (const order of ["granted first", "lost first"] as const) {
  test(`a leader that gets the lock a second time has one connection: ${order}`, async () => {
    const { tab, at, requests, open, loseLeader } = openTab();
    await loseLeader();
    const [turn, taken] = [at(0), at(1)];
    turn.grant();
    await settled();
    expect(open()).toBe(1);
    if (order === "lost first") {
      turn.lose();
      await settled();
    }
    taken.grant();
    turn.lose();
    await settled();
    expect(open()).toBe(1);
    expect(requests).toHaveLength(3); // it queues again for the lock that it lost
    expect(await tab.emit("/live", "typing", {}, { until: 4e12 })).toEqual({ data: "own" });

    taken.lose();
    await settled();
    expect(open()).toBe(0);
    at(2).grant();
    await settled();
    expect(open()).toBe(1);
    tab.close();
    expect(open()).toBe(0);
  });
}

test("a leader whose lock is taken follows, and takes it back when nobody answers", async () => {
  const { tab, at, open, loseLeader, requests } = openTab();
  at(0).grant();
  at(0).lose();
  await settled();
  expect(open()).toBe(0);
  await loseLeader();
  expect(requests.filter(({ options }) => options.steal)).toHaveLength(1);
  at(-1).lose(); // yet another tab was quicker
  await settled();
  tab.want({});
  await loseLeader();
  expect(requests.filter(({ options }) => options.steal)).toHaveLength(2);
  at(-1).grant();
  expect(open()).toBe(1);
  tab.close();
});

test("an event that waits for a leader, or for its answer, ends with the tab", async () => {
  const [waiting, following] = [openTab(), openTab()];
  following.receive({
    kind: "state",
    leader: "another",
    state: { namespaces: {}, summary: null },
  });
  const events = [waiting, following].map(({ tab }) =>
    tab.emit("/live", "typing", {}, { until: 4e12 }).catch((error: Error) => error),
  );
  await settled();
  waiting.tab.close();
  following.tab.close();
  const errors = await vi.waitFor(() => Promise.all(events), { timeout: 1000 });

  expect(errors.every((error) => error instanceof Error)).toBe(true);
  await expect(following.tab.emit("/live", "typing", {}, { until: 4e12 })).rejects.toThrow(
    "closed",
  );
});
