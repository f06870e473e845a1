/** One connection for several tabs of a browser. Locks and channels are Node's own, which follow the standards. */
import { expect, test, vi } from "vitest";
import { outside } from "../../../src/core/outside.js";
import { isNetworkError } from "../../../src/index.js";
import { PROTOCOL } from "../../../src/realtime/tabs/messages.js";
import { demo } from "../../support/backend.js";
import {
  eventually,
  isOpen,
  type LiveBrowser,
  type LiveTab,
  openLive,
  openTabs,
  strategies,
  subject,
} from "../../support/live.js";
import { rejectionOf } from "../../support/rejection.js";
import { messagesDelivered, type TabOptions } from "../../support/tab.js";

/** Returns the numbers from 1 to `count`. */
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

const allHeard = (tabs: LiveTab[], seqs: number[]) =>
  eventually(() => expect(tabs.map((tab) => tab.seqs)).toEqual(tabs.map(() => seqs)));

/** Opens a tab whose page gets the events of `window` only from the test. */
async function openPage(browser: LiveBrowser, options?: TabOptions) {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  const tab = browser.open(options);
  await isOpen(tab);
  vi.unstubAllGlobals();
  return { tab, happens: (name: string) => page.dispatchEvent(new Event(name)) };
}

/** Makes a channel that loses messages of both directions while it is cut. */
function lossy() {
  const line = { isCut: false };
  const openChannel = (name: string) => {
    const channel = new BroadcastChannel(name);
    return {
      addEventListener: (type: "message", listener: (event: MessageEvent) => void) =>
        channel.addEventListener(type, (event) => line.isCut || listener(event)),
      postMessage: (message: unknown) => line.isCut || channel.postMessage(message),
      close: () => channel.close(),
    };
  };
  return { line, outside: { openChannel } };
}

for (const count of [2, 5]) {
  for (const strategy of strategies) {
    test(`${count} tabs have one connection, and each notification once, by ${strategy}`, async () => {
      const { sockets, tabs } = await openTabs(count, strategy);
      for (let seq = 1; seq <= 10; seq++) {
        sockets.notify(subject, "post-liked");
      }
      await allHeard(tabs, upTo(10));
      await messagesDelivered();

      expect(sockets.connectionCount()).toBe(1);
      expect(sockets.handshakes).toHaveLength(1);
      expect(tabs.map((tab) => tab.stale())).toEqual(tabs.map(() => 1));
      expect(tabs.map((tab) => tab.unread.at(-1))).toEqual(tabs.map(() => [10, 10]));
    });
  }

  test(`when the leader of ${count} tabs closes, another one leads: no notification is missed or doubled`, async () => {
    const { sockets, tabs } = await openTabs(count);
    sockets.notify(subject, "post-liked");
    await allHeard(tabs, [1]);
    for (let seq = 2; tabs.length > 1; seq += 2) {
      tabs.shift()?.close();
      sockets.notify(subject, "post-liked");
      sockets.notify(subject, "post-liked");
      await allHeard(tabs, upTo(seq + 1));
    }

    expect(sockets.connectionCount()).toBe(count);
    expect(sockets.connections()).toBe(1);
    expect(tabs[0]?.stale()).toBe(1);
  });

  test(`when the leader of ${count} tabs crashes, another one leads: no notification is missed or doubled`, async () => {
    const { sockets, tabs } = await openTabs(count);
    for (let seq = 1; tabs.length > 1; seq += 2) {
      tabs.shift()?.crash();
      sockets.notify(subject, "post-liked");
      sockets.notify(subject, "post-liked");
      await allHeard(tabs, upTo(seq + 1));
    }

    expect(tabs[0]?.stale()).toBe(1);
  });

  for (const missing of ["locks", "openChannel"] as const) {
    test(`${count} tabs without ${missing} have a connection each, and the same notifications`, async () => {
      const parts = missing === "locks" ? { locks: null } : { openChannel: () => null };
      const { sockets, tabs, tab } = await openTabs(count, "session", { outside: parts });
      for (let seq = 1; seq <= 3; seq++) {
        sockets.notify(subject, "post-liked");
      }
      await allHeard(tabs, upTo(3));

      expect(sockets.connections()).toBe(count);
      tab.close();
      await eventually(() => expect(sockets.connections()).toBe(count - 1));
    });
  }
}

test("a tab that opens beside another is stale once, and needs no connection of its own", async () => {
  const { sockets, tab, open } = await openTabs(1);
  sockets.notify(subject, "post-liked");
  await allHeard([tab], [1]);
  const later = open();
  await isOpen(later);
  sockets.notify(subject, "post-liked");
  await allHeard([tab], [1, 2]);
  await allHeard([later], [2]);

  expect(later.stale()).toBe(1);
  expect(later.unread[0]).toEqual([1, 1]);
  expect(sockets.handshakes).toHaveLength(1);
});

test("a tab that misses notifications gets them from the leader's memory", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const late = open({ outside: parts });
  await isOpen(late);
  line.isCut = true;
  sockets.notify(subject, "post-liked");
  sockets.notify(subject, "post-liked");
  await allHeard([tab], [1, 2]);
  await messagesDelivered();
  line.isCut = false;
  sockets.notify(subject, "post-liked");
  await allHeard([tab, late], [1, 2, 3]);

  expect(sockets.handshakes).toHaveLength(1);
  expect(late.unread.at(-1)).toEqual([3, 3]);
});

test("a tab that misses more than the leader has gets them from the server, and no tab gets any twice", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const late = open({ outside: parts });
  await isOpen(late);
  line.isCut = true;
  for (let seq = 1; seq <= 150; seq++) {
    sockets.notify(subject, "post-liked");
  }
  await allHeard([tab], upTo(150));
  await messagesDelivered();
  line.isCut = false;
  sockets.notify(subject, "post-liked");
  await allHeard([tab, late], upTo(151));

  expect(sockets.handshakes.map(({ auth }) => auth.last)).toEqual([undefined, 0]);
  expect(late.stale()).toBe(1);
});

test("a tab that misses notifications of the leader before gets them from the next, and no tab gets any twice", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const next = open();
  await isOpen(next);
  const late = open({ outside: parts });
  await isOpen(late);
  line.isCut = true;
  sockets.notify(subject, "post-liked");
  sockets.notify(subject, "post-liked");
  await allHeard([tab, next], [1, 2]);
  await messagesDelivered();
  line.isCut = false;
  tab.crash();
  await allHeard([next, late], [1, 2]);
  sockets.notify(subject, "post-liked");
  await allHeard([next, late], [1, 2, 3]);

  expect([next.stale(), late.stale()]).toEqual([1, 1]);
});

test("a new leader that misses notifications gets them from the server, and no tab gets any twice", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const next = open({ outside: parts });
  await isOpen(next);
  const third = open();
  await isOpen(third);
  line.isCut = true;
  sockets.notify(subject, "post-liked");
  await allHeard([tab, third], [1]);
  await messagesDelivered();
  line.isCut = false;
  tab.crash();
  await allHeard([next, third], [1]);
  sockets.notify(subject, "post-liked");
  await allHeard([next, third], [1, 2]);

  expect(sockets.handshakes.map(({ auth }) => auth.last)).toEqual([undefined, 0]);
});

for (const [stops, goesOn] of [
  ["freeze", "resume"],
  ["pagehide", "pageshow"],
] as const) {
  test(`a tab gives the connection up at ${stops}, and catches up at ${goesOn}`, async () => {
    const browser = await openTabs(0);
    const { tab: first, happens } = await openPage(browser);
    const second = browser.open();
    await isOpen(second);
    happens(stops);
    expect(first.realtime.status.state).toBe("idle");
    browser.sockets.notify(subject, "post-liked");
    browser.sockets.notify(subject, "post-liked");
    await allHeard([second], [1, 2]);
    expect(first.seqs).toEqual([]);
    happens(goesOn);
    browser.sockets.notify(subject, "post-liked");
    await allHeard([first, second], [1, 2, 3]);

    expect(browser.sockets.connections()).toBe(1);
    expect(first.stale()).toBe(1);
  });
}

test("a leader that hangs is replaced by a tab that comes into view", async () => {
  const { line, outside: parts } = lossy();
  const browser = await openTabs(0);
  const hanging = browser.open({ outside: parts });
  hanging.realtime.of("/live").join("post:7");
  await isOpen(hanging);
  const { tab, happens } = await openPage(browser, {
    outside: { sleep: (ms, signal) => outside.sleep(ms === 5000 ? 20 : ms, signal) },
  });
  line.isCut = true;
  browser.sockets.notify(subject, "post-liked");
  await allHeard([hanging], [1]);
  expect(tab.seqs).toEqual([]);
  vi.stubGlobal("document", { visibilityState: "visible" });
  happens("visibilitychange");
  vi.unstubAllGlobals();
  await allHeard([tab], [1]);
  line.isCut = false;
  browser.sockets.notify(subject, "post-liked");

  await allHeard([hanging, tab], [1, 2]);
  expect(browser.sockets.connections()).toBe(1);
  await eventually(() => expect(browser.sockets.members("post:7")).toEqual([subject]));
});

test("all tabs emit over one connection, and each gets its own acknowledgements", async () => {
  const { sockets, tabs } = await openTabs(3);
  const answers = await Promise.all(
    tabs.map((tab, at) =>
      tab.realtime.of("/live").emit("typing", { post_id: at === 1 ? 404 : at }),
    ),
  );

  expect(answers.map(({ data, problem }) => problem?.code ?? data)).toEqual([
    null,
    "NOT_FOUND",
    null,
  ]);
  expect(sockets.connectionCount()).toBe(1);
});

test("an event whose leader goes is a NetworkError, in any tab", async () => {
  const { tabs, tab, sockets } = await openTabs(3);
  const emitting = tabs
    .slice(1)
    .map((each) => rejectionOf(each.realtime.of("/live").emit("silence" as "whoami")));
  await eventually(() => expect(sockets.joined("/live")).toBe(1));
  await messagesDelivered();
  tab.crash();

  expect((await Promise.all(emitting)).map(isNetworkError)).toEqual([true, true]);
});

test("an event that a tab emits first waits for the connection", async () => {
  const { open } = await openTabs(0);
  const { data } = await open({ silent: true }).realtime.of("/live").emit("whoami");

  expect(data).toEqual({ name: subject });
});

test("a room stays joined while one tab wants it, whether the others leave, close or crash", async () => {
  const { sockets, tabs } = await openTabs(4);
  const leaves = tabs.map((tab) => tab.realtime.of("/live").join("post:7"));
  await eventually(() => expect(sockets.members("post:7")).toEqual([subject]));
  leaves[1]?.();
  tabs[2]?.close();
  await messagesDelivered();
  expect(sockets.members("post:7")).toEqual([subject]);
  leaves[0]?.();
  await messagesDelivered();
  expect(sockets.members("post:7")).toEqual([subject]);
  tabs[3]?.crash();

  await eventually(() => expect(sockets.members("post:7")).toEqual([]));
  expect(sockets.connectionCount()).toBe(1);
});

test("a tab that joins a room of another tab gets the people in it at once", async () => {
  const { tabs } = await openTabs(2);
  const people: unknown[][] = [[], []];
  for (const [at, tab] of tabs.entries()) {
    await new Promise<void>((resolve) => {
      tab.realtime.of("/live").join("post:7", {
        onJoined: resolve,
        onPeople: (present) => people[at]?.push(present),
      });
    });
  }

  await eventually(() => expect(people).toEqual([[[{ name: subject }]], [[{ name: subject }]]]));
});

test("unknown or malformed messages of another version's tab change nothing", async () => {
  const { sockets, backend, tabs } = await openTabs(2);
  const login = await tabs[0]?.auth.session();
  const channel = new BroadcastChannel(
    `dovetail:realtime:${PROTOCOL}:${backend.origin}:${login?.id}`,
  );
  const leader = "another";
  const event = { path: "/notify", name: "post-liked", data: { seq: 9 } };
  const state = { namespaces: {}, summary: null };
  const problem = { code: "NOT_FOUND" };
  for (const message of [
    null,
    "text",
    {},
    { kind: "toString" },
    { kind: "news" },
    { kind: "want" },
    { kind: "want", tab: 7, wanted: {}, last: null },
    { kind: "want", tab: "x", wanted: null, last: null },
    { kind: "want", tab: "x", wanted: { "/live": [7] }, last: null },
    { kind: "want", tab: "x", wanted: {}, last: "0" },
    { kind: "emit", tab: "x", id: "1", path: "/live", name: "typing", until: 4e12 },
    { kind: "emit", tab: "x", id: 1, path: "/live", name: "typing" },
    { kind: "acknowledgement", tab: "x", id: 1, acknowledgement: { problem } },
    { kind: "state", leader, state: {} },
    { kind: "state", leader, state: { namespaces: { "/notify": {} }, summary: null } },
    { kind: "state", leader, state: { ...state, summary: { seq: "9" } } },
    {
      kind: "state",
      leader,
      state: { ...state, namespaces: { "/notify": { status: { state: "refused" }, rooms: {} } } },
    },
    {
      kind: "state",
      leader,
      state: { ...state, namespaces: { "/live": { status: { state: "open" }, rooms: { x: {} } } } },
    },
    { kind: "event", leader, event: { ...event, path: 7 } },
    { kind: "event", leader, event: { ...event, after: 0, data: {} } },
    { kind: "event", leader, event: { ...event, after: 0, summary: {} } },
  ]) {
    channel.postMessage(message);
  }
  await messagesDelivered();
  channel.close();
  sockets.notify(subject, "post-liked");
  await allHeard(tabs, [1]);

  expect(tabs.map((tab) => tab.states)).toEqual([
    ["connecting", "open"],
    ["connecting", "open"],
  ]);
  expect(sockets.typings).toEqual([]);
});

test("tabs of two releases have a channel and locks each, with the number of their messages in the name", async () => {
  const names: string[] = [];
  const { tabs } = await openTabs(2, "session", {
    outside: {
      locks: {
        request(...args: unknown[]) {
          names.push(String(args[0]));
          return (navigator.locks.request as (...all: unknown[]) => Promise<unknown>)(...args);
        },
      } as LockManager,
      openChannel(name) {
        names.push(name);
        return new BroadcastChannel(name);
      },
    },
  });
  const shared = names.filter((name) => name.startsWith("dovetail:realtime:"));
  tabs.map((tab) => tab.close());

  expect(shared.length).toBeGreaterThan(3);
  expect(shared.filter((name) => !name.startsWith(`dovetail:realtime:${PROTOCOL}:http`))).toEqual(
    [],
  );
});

for (const strategy of strategies) {
  test(`signing out in one tab closes the connection of all, and signing in opens it, by ${strategy}`, async () => {
    const { sockets, tabs } = await openTabs(3, strategy);
    await tabs[2]?.auth.signOut();
    await eventually(() => expect(sockets.connections()).toBe(0));
    expect(tabs.map((tab) => tab.realtime.status.state)).toEqual(["idle", "idle", "idle"]);
    await tabs[1]?.auth.signIn(demo);
    await eventually(() =>
      expect(tabs.map((tab) => tab.realtime.status.state)).toEqual(["open", "open", "open"]),
    );

    expect(sockets.connections()).toBe(1);
    expect(tabs.map((tab) => tab.stale())).toEqual([2, 2, 2]);
  });

  test(`a sign-in of another person in one tab is one in all, without the notifications of the person before, by ${strategy}`, async () => {
    const { sockets, tabs } = await openTabs(3, strategy);
    sockets.notify(subject, "post-liked");
    await allHeard(tabs, [1]);
    await tabs[1]?.auth.signIn({ ...demo, email: "else@example.com" });
    sockets.notify(subject, "post-liked");
    await eventually(() => expect(tabs.map((tab) => tab.stale())).toEqual([2, 2, 2]));
    sockets.notify(subject, "post-liked");
    sockets.notify("else@example.com", "post-commented");
    sockets.notify("else@example.com", "post-commented");
    await allHeard(tabs, [1, 1, 2]);

    expect(tabs.map((tab) => tab.unread.at(-1))).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
  });
}

test("a tab that missed the sign-in of another person learns of it at the handshake, and gets none of their notifications", async () => {
  const browser = await openLive();
  const deaf = { outside: { openChannel: () => null } };
  const other = browser.open({ silent: true, ...deaf });
  const tab = browser.open(deaf);
  await tab.auth.signIn(demo);
  await isOpen(tab);
  await other.auth.signIn({ ...demo, email: "else@example.com" });
  browser.sockets.notify("else@example.com", "post-liked");
  browser.sockets.cut();
  await eventually(() => expect(tab.stale()).toBe(2));

  expect((await tab.auth.session())?.subject).toBe("else@example.com");
  expect(tab.seqs).toEqual([]);
  expect(tab.unread.at(-1)).toEqual([1, 1]);
});
