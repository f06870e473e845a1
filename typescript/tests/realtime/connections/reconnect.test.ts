/** Making a lost connection again, and the log of notifications. */
import { afterEach, expect, test, vi } from "vitest";
import { outside } from "../../../src/core/outside.js";
import type { RealtimeStatus } from "../../../src/index.js";
import { createNotificationLog } from "../../../src/realtime/connections/notification-log.js";
import { createReconnecting } from "../../../src/realtime/connections/reconnect.js";
import { reconnectWait } from "../../../src/realtime/connections/reconnect-wait.js";
import { eventually, isOpen, openTabs } from "../../support/live.js";
import { messagesDelivered } from "../../support/tab.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("the longest wait is 500 ms, doubles after each failure, and is never more than 15 s", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => reconnectWait(failures, 1));

  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  expect([1, 2, 50].map((failures) => reconnectWait(failures, 0))).toEqual([0, 0, 0]);
  expect(reconnectWait(3, 0.25)).toBe(500);
});

test("the status of a wait has the time of the loss and of the next attempt", async () => {
  let now = 1_000_000;
  const { sockets, tab } = await openTabs(1, "session", { outside: { now: () => now } });
  const statuses: RealtimeStatus[] = [];
  tab.realtime.onStatus((status) => {
    statuses.push(status);
    now += 1000;
  });
  now = 2_000_000;
  sockets.setDown(true);
  await eventually(() => expect(statuses.length).toBeGreaterThan(3));
  sockets.setDown(false);
  await eventually(() => expect(tab.realtime.status).toEqual({ state: "open" }));

  expect(statuses.slice(0, 3)).toEqual([
    { state: "waiting", since: 2_000_000, nextAttempt: 2_000_030 },
    { state: "connecting", since: 2_000_000 },
    { state: "waiting", since: 2_000_000, nextAttempt: 2_002_010 },
  ]);
});

for (const [code, status] of [
  ["TOO_MANY_CONNECTIONS", 429],
  ["SERVICE_UNAVAILABLE", 503],
  ["TOO_MANY_REQUESTS", 429],
] as const) {
  test(`${code} is followed by a wait, with its problem in the status`, async () => {
    const { sockets, tab } = await openTabs(1);
    const statuses: RealtimeStatus[] = [];
    tab.realtime.onStatus((each) => statuses.push(each));
    sockets.refuse("/notify", code, status);
    sockets.end(code, status);
    await eventually(() => expect(sockets.handshakes.length).toBeGreaterThan(3));
    sockets.refuse("/notify", null);
    await eventually(() => expect(tab.realtime.status.state).toBe("open"));

    expect(statuses[0]).toMatchObject({ state: "waiting", problem: { code } });
    expect(statuses.map(({ state }) => state)).not.toContain("refused");
  });
}

test("waits grow while connections break early, and begin anew after one that lasted, spread over 3 s", async () => {
  let ahead = 0;
  const waits: number[] = [];
  const { sockets, tab } = await openTabs(1, "session", {
    outside: {
      now: () => Date.now() + ahead,
      random: () => 0.5,
      sleep(ms, signal) {
        if (ms >= 5000) {
          return outside.sleep(ms, signal); // not those of the connection
        }
        waits.push(ms);
        return outside.sleep(1, signal);
      },
    },
  });
  const breaks = async () => {
    waits.length = 0;
    sockets.cut();
    await eventually(() => expect(waits).toHaveLength(1));
    await eventually(() => expect(tab.realtime.status.state).toBe("open"));
    return waits[0];
  };

  expect([await breaks(), await breaks(), await breaks()]).toEqual([250, 500, 1000]);
  ahead += 16_000;
  expect([await breaks(), await breaks()]).toEqual([1500, 500]);
});

for (const name of ["online", "visibilitychange"]) {
  test(`${name} ends the wait at once, in any tab`, async () => {
    const page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    const endless = {
      outside: {
        random: () => 0.9,
        sleep: (ms: number, signal: AbortSignal) => outside.sleep(ms < 500 ? 60_000 : ms, signal),
      },
    };
    const { sockets, tab, open } = await openTabs(1, "session", endless);
    vi.unstubAllGlobals();
    const lookedAt = new EventTarget();
    vi.stubGlobal("addEventListener", lookedAt.addEventListener.bind(lookedAt));
    const other = open(endless);
    await isOpen(other);
    sockets.cut();
    await eventually(() => expect(other.realtime.status.state).toBe("waiting"));
    vi.stubGlobal("document", { visibilityState: "hidden" });
    lookedAt.dispatchEvent(new Event("visibilitychange"));
    await messagesDelivered();
    expect(other.realtime.status.state).toBe("waiting");
    vi.stubGlobal("document", { visibilityState: "visible" });
    lookedAt.dispatchEvent(new Event(name));
    await eventually(() => expect(other.realtime.status.state).toBe("open"));
    sockets.cut();
    await eventually(() => expect(tab.realtime.status.state).toBe("waiting"));
    page.dispatchEvent(new Event(name));

    await eventually(() => expect(tab.realtime.status.state).toBe("open"));
  });
}

test("a server that cannot be reached at first is tried until it answers", async () => {
  const { sockets, tab, open } = await openTabs(1);
  tab.close();
  await eventually(() => expect(sockets.connections()).toBe(0));
  sockets.setDown(true);
  const later = open();
  await eventually(() =>
    expect(later.states.filter((state) => state === "waiting")).toHaveLength(3),
  );
  sockets.setDown(false);

  await eventually(() => expect(later.realtime.status.state).toBe("open"));
});

test("a closed connection opens nothing, whatever a tab still wants of it", () => {
  let opened = 0;
  const connection = createReconnecting({
    baseUrl: "https://api.example.com",
    login: "a",
    token: () => null,
    accessToken: async () => null,
    session: async () => null,
    onState() {},
    onEvent() {},
    outside: {
      ...outside,
      openSocket() {
        opened += 1;
        return new Promise(() => {});
      },
    },
  });
  connection.close();
  connection.want("a", { "/live": [] }, null);
  connection.drop("a");
  connection.hurry();

  expect(opened).toBe(0);
});

const row = (seq: number, read_at: string | null = null) => ({ seq, event: "x", read_at });

test("the log keeps the last hundred notifications, and has none before them", () => {
  const log = createNotificationLog();
  log.update({ seq: 5, unread: 0 });
  for (let seq = 6; seq <= 110; seq++) {
    expect(log.add(row(seq))).toBe(seq - 1);
  }

  expect(log.since(108)).toEqual([
    { after: 108, notification: row(109) },
    { after: 109, notification: row(110) },
  ]);
  expect(log.since(10)).toHaveLength(100);
  expect(log.since(9)).toBeNull();
  expect(log.since(110)).toEqual([]);
});

test("a notification that has arrived before is not added, and does not count", () => {
  const log = createNotificationLog();
  log.update({ seq: 1, unread: 0 });
  log.add(row(2));

  expect(log.add(row(2))).toBeUndefined();
  expect(log.add(row(1))).toBeUndefined();
  expect(log.summary()).toEqual({ seq: 2, unread: 1 });
  expect(log.since(1)).toEqual([{ after: 1, notification: row(2) }]);
});

test("an earlier summary counts with the notifications after it", () => {
  const log = createNotificationLog();
  log.update({ seq: 1, unread: 1 });
  log.add(row(2));
  log.add(row(3, "2026-11-27T12:00:00Z"));
  expect(log.summary()).toEqual({ seq: 3, unread: 2 });
  log.update({ seq: 1, unread: 0 });
  expect(log.summary()).toEqual({ seq: 2, unread: 1 });
  log.update({ seq: 3, unread: 0 });

  expect(log.summary()).toEqual({ seq: 3, unread: 0 });
});
