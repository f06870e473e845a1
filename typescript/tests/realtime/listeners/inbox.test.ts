/** Stored notifications in one tab: in order, each once, whatever happens to the connection. */
import { expect, test, vi } from "vitest";
import type { Dovetail } from "../../../src/index.js";
import { createInbox } from "../../../src/realtime/listeners/inbox.js";
import { createListeners } from "../../../src/realtime/listeners/listeners.js";
import type { Subscription } from "../../../src/realtime/listeners/subscriptions.js";
import { REALTIME_RESET_EVENT } from "../../../src/realtime/wire.js";
import type { sockets as Contract } from "../../codegen/expected/sockets.js";
import { demo } from "../../support/backend.js";
import { eventually, isOpen, openLive, openTabs, subject } from "../../support/live.js";
import { messagesDelivered } from "../../support/tab.js";

test("notifications arrive in order, each once, with the payload of their event", async () => {
  const { sockets, tab } = await openTabs(1);
  const liked: unknown[] = [];
  tab.realtime.on("post-liked", (notification) => liked.push(notification));
  for (let post_id = 1; post_id <= 3; post_id++) {
    sockets.notify(subject, "post-liked", { post_id, by: "Ada" });
    sockets.notify(subject, "post-commented", { post_id, text: "Fine" });
  }
  await eventually(() => expect(tab.seqs).toEqual([1, 2, 3, 4, 5, 6]));

  expect(liked).toMatchObject([
    { seq: 1, event: "post-liked", data: { post_id: 1, by: "Ada" }, read_at: null },
    { seq: 3, data: { post_id: 2 } },
    { seq: 5, data: { post_id: 3 } },
  ]);
});

test("a notification that is sent twice arrives once", async () => {
  const { sockets, tab } = await openTabs(1);
  sockets.notify(subject, "post-liked");
  sockets.notify(subject, "post-liked");
  sockets.repeat(subject, 1);
  sockets.repeat(subject, 2);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toContain(3));

  expect(tab.seqs).toEqual([1, 2, 3]);
  expect(tab.unread.at(-1)).toEqual([3, 3]);
});

test("notifications that came without a connection arrive after it, in order, and nothing is stale", async () => {
  const { sockets, tab } = await openTabs(1);
  for (let round = 0; round < 3; round++) {
    sockets.notify(subject, "post-liked");
    await eventually(() => expect(tab.seqs).toHaveLength(3 * round + 1));
    sockets.setDown(true);
    await eventually(() => expect(tab.realtime.status.state).not.toBe("open"));
    sockets.notify(subject, "post-liked");
    sockets.notify(subject, "post-commented");
    sockets.setDown(false);
    await eventually(() => expect(tab.seqs).toHaveLength(3 * round + 3));
  }

  expect(tab.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(tab.stale()).toBe(1);
  expect(sockets.handshakes.map(({ auth }) => auth.last).slice(0, 2)).toEqual([undefined, 1]);
});

test("the first connection calls onStale() and onUnread(), and brings no older notifications", async () => {
  const browser = await openLive();
  browser.sockets.notify(subject, "post-liked");
  browser.sockets.notify(subject, "post-liked");
  const tab = browser.open();
  await tab.auth.signIn(demo);
  await isOpen(tab);
  browser.sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([3]));

  expect(tab.stale()).toBe(1);
  expect(tab.unread).toEqual([
    [2, 2],
    [3, 3],
  ]);
});

test("onStale() is called when the server no longer has what was missed", async () => {
  const { sockets, tab } = await openTabs(1);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([1]));
  sockets.setDown(true);
  for (let missed = 2; missed <= 5; missed++) {
    sockets.notify(subject, "post-liked");
  }
  sockets.trim(subject, 4);
  sockets.setDown(false);
  await eventually(() => expect(tab.stale()).toBe(2));
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([1, 6]));

  expect(tab.unread.at(-1)).toEqual([6, 6]);
});

test("onUnread() is called after marking as read, and counts each new notification", async () => {
  const { sockets, tab } = await openTabs(1);
  for (let seq = 1; seq <= 3; seq++) {
    sockets.notify(subject, "post-liked");
  }
  sockets.markRead(subject, 2);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.unread.at(-1)).toEqual([2, 4]));

  expect(tab.unread).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [1, 3],
    [2, 4],
  ]);
});

test("a listener that subscribes later gets the unread count", async () => {
  const { sockets, tab } = await openTabs(1);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([1]));
  const later: number[] = [];
  tab.realtime.onUnread((count) => later.push(count));

  await eventually(() => expect(later).toEqual([1]));
  expect(tab.unread).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test("an error of one listener stops neither the others nor later calls, and is reported", async () => {
  const { sockets, tab } = await openTabs(1);
  const reported: unknown[] = [];
  const report = (error: unknown) => void reported.push(error);
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", report);
  try {
    tab.realtime.on("post-liked", () => {
      throw new Error("a fault of the page");
    });
    const others: number[] = [];
    tab.realtime.on("post-liked", ({ seq }) => others.push(seq));
    sockets.notify(subject, "post-liked");
    sockets.notify(subject, "post-liked");
    await eventually(() => expect(others).toEqual([1, 2]));

    expect(tab.seqs).toEqual([1, 2]);
    await eventually(() => expect(reported).toHaveLength(2));
    expect(String(reported[0])).toContain("a fault of the page");
  } finally {
    process.off("uncaughtException", report);
    for (const listener of before) {
      process.on("uncaughtException", listener);
    }
  }
});

test("a subscription ends with its function, and the connection ends with the last one", async () => {
  const browser = await openLive();
  const tab = browser.open({ silent: true });
  await tab.auth.signIn(demo);
  const [first, second]: [number[], number[]] = [[], []];
  const stop = tab.realtime.on("post-liked", ({ seq }) => first.push(seq));
  const stopToo = tab.realtime.on("post-liked", ({ seq }) => second.push(seq));
  await eventually(() => expect(tab.realtime.status.state).toBe("open"));
  browser.sockets.notify(subject, "post-liked");
  await eventually(() => expect(second).toEqual([1]));
  stop();
  browser.sockets.notify(subject, "post-liked");
  await eventually(() => expect(second).toEqual([1, 2]));
  stopToo();

  await eventually(() => expect(browser.sockets.connections()).toBe(0));
  expect(first).toEqual([1]);
  expect(tab.states).toEqual(["connecting", "open", "idle"]);
});

test("a page that had no listeners for a while is stale, and gets new notifications", async () => {
  const browser = await openLive();
  const [tab, other] = [browser.open({ silent: true }), browser.open()];
  await tab.auth.signIn(demo);
  await isOpen(other);
  const calls: (number | "stale")[] = [];
  const listen = () => [
    tab.realtime.onStale(() => calls.push("stale")),
    tab.realtime.onNotification(({ seq }) => calls.push(seq)),
  ];
  const stops = listen();
  tab.realtime.of("/live").on("typing", () => {});
  await eventually(() => expect(calls).toEqual(["stale"]));
  for (const stop of stops) {
    stop();
  }
  browser.sockets.notify(subject, "post-liked");
  await eventually(() => expect(other.seqs).toEqual([1]));
  await messagesDelivered();
  listen();
  await eventually(() => expect(calls).toEqual(["stale", "stale"]));
  browser.sockets.notify(subject, "post-liked");

  await eventually(() => expect(calls).toEqual(["stale", "stale", 2]));
});

test("a page that replaces its only listener keeps its connection", async () => {
  const { sockets, tab } = await openTabs(1);
  const stop = tab.realtime.of("/live").on("typing", () => {});
  await eventually(() => expect(sockets.handshakes).toHaveLength(2));
  stop();
  tab.realtime.of("/live").on("typing", () => {});
  await messagesDelivered();

  expect(sockets.handshakes).toHaveLength(2);
});

test("there is no connection before the first subscription, nor without a login", async () => {
  const { backend, sockets, open } = await openLive();
  const tab = open({ silent: true });
  await tab.auth.signIn(demo);
  await tab.auth.signOut();
  backend.received.length = 0;
  tab.realtime.on("post-liked", () => {});
  await messagesDelivered();
  expect(tab.realtime.status).toEqual({ state: "idle" });
  expect(sockets.connectionCount()).toBe(0);
  await tab.auth.signIn(demo);

  await eventually(() => expect(tab.realtime.status).toEqual({ state: "open" }));
  expect(sockets.connectionCount()).toBe(1);
});

test("a page that does not know its login asks the server until there is an answer", async () => {
  const { backend, sockets, jar, open } = await openLive();
  await open({ silent: true }).auth.signIn(demo);
  let tries = 0;
  const tab = open({
    retry: { limit: 0 },
    outside: {
      fetch: async (request) => {
        tries += 1;
        if (tries <= 2) {
          throw new TypeError("offline");
        }
        return fetch(request);
      },
    },
  });
  await isOpen(tab);

  expect(jar.has("sid")).toBe(true);
  expect(tries).toBe(3);
  expect(backend.to("/auth/session").length).toBeGreaterThan(0);
  expect(sockets.connectionCount()).toBe(1);
});

test("the notifications of another person begin anew, without any of the person before", async () => {
  const { sockets, tab } = await openTabs(1);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([1]));
  for (let seq = 1; seq <= 3; seq++) {
    sockets.notify("else@example.com", "post-liked");
  }
  await tab.auth.signIn({ ...demo, email: "else@example.com" });
  await eventually(() => expect(tab.unread.at(-1)).toEqual([3, 3]));
  sockets.notify(subject, "post-liked");
  sockets.notify("else@example.com", "post-commented");
  await eventually(() => expect(tab.seqs).toContain(4));

  expect(tab.seqs).toEqual([1, 4]);
  expect(tab.stale()).toBe(2);
  expect(sockets.handshakes.at(-1)?.auth.last).toBeUndefined();
});

test("a closed client has no connection, and makes none", async () => {
  const { sockets, tab } = await openTabs(1);
  tab.close();
  await eventually(() => expect(sockets.connections()).toBe(0));
  tab.realtime.on("post-liked", () => {});
  await messagesDelivered();

  expect(sockets.connectionCount()).toBe(1);
  expect(tab.realtime.status).toEqual({ state: "idle" });
});

test("a client that is closed while its code loads makes no connection", async () => {
  const { sockets, open } = await openTabs(0);
  const before = sockets.connectionCount();
  const tab = open();
  tab.close();

  await expect(tab.realtime.of("/live").emit("whoami")).rejects.toThrow("got no answer");
  expect(tab.realtime.status).toEqual({ state: "idle" });
  expect(sockets.connectionCount()).toBe(before);
});

test("code that cannot be loaded is tried again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.doMock("../../../src/realtime/tabs/tab.js", () => {
    throw new Error("no such chunk");
  });
  try {
    const { createDovetail } = await import("../../../src/index.js");
    const { realtime }: Dovetail<object, Contract> = createDovetail({
      config: { apiOrigin: "https://api.example.com" },
    });
    realtime.onStale(() => {});
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await expect(realtime.of("/live").emit("whoami")).rejects.toThrow("Code was not loaded.");
    await vi.advanceTimersByTimeAsync(15_000);

    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
  } finally {
    vi.doUnmock("../../../src/realtime/tabs/tab.js");
    vi.useRealTimers();
  }
});

/** Makes an inbox that has notifications up to 3, and has asked for the fourth. */
function inboxWithGap() {
  const heard: number[] = [];
  const listener = ({ seq }: { seq: number }) => heard.push(seq);
  const listeners = new Set([{ path: "/notify", name: "*", listener } as Subscription]);
  const asked: (number | null)[] = [];
  const inbox = createInbox(
    createListeners({ listeners, rooms: new Set(), status: () => ({ state: "idle" }) }),
    () => asked.push(inbox.last()),
  );
  const arrive = (seq: number, after = seq - 1) =>
    inbox.receive({
      path: "/notify",
      name: "post-liked",
      data: { seq, event: "post-liked", read_at: null },
      after,
    });
  inbox.update({ seq: 3, unread: 0 });
  arrive(5);
  arrive(6);
  expect(asked).toEqual([3]);
  return { inbox, heard, asked, arrive };
}

test("missing notifications are asked for again after another person has signed in", () => {
  const { inbox, heard, asked, arrive } = inboxWithGap();
  inbox.forget();
  inbox.update({ seq: 3, unread: 0 });
  arrive(5);
  arrive(4);
  arrive(5);

  expect(asked).toEqual([3, 3]);
  expect(heard).toEqual([4, 5]);
});

test("missing notifications are asked for again after the server has begun anew", () => {
  const { inbox, asked, arrive } = inboxWithGap();
  const summary = { seq: 3, unread: 0 };
  inbox.receive({ path: "/notify", name: REALTIME_RESET_EVENT, data: summary, summary });
  arrive(5);

  expect(asked).toEqual([3, 3]);
});

test("missing notifications are asked for again when a database was restored to before the gap", () => {
  const { heard, asked, inbox, arrive } = inboxWithGap();
  const summary = { seq: 2, unread: 0 };
  inbox.receive({ path: "/notify", name: REALTIME_RESET_EVENT, data: summary, summary });
  arrive(3);
  arrive(5);

  expect(asked).toEqual([3, 3]);
  expect(heard).toEqual([3]);
});
