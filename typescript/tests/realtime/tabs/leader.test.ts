/** Several tabs of one browser share a connection. Locks and channels are Node's own, which keep to the standards. */
import { expect, test, vi } from "vitest";
import { outside } from "../../../src/core/outside.js";
import { isNetworkError } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { caught } from "../../support/caught.js";
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
import { heard, type TabOptions } from "../../support/tab.js";

/** Numbers from 1. */
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

const allHeard = (tabs: LiveTab[], seqs: number[]) =>
  eventually(() => expect(tabs.map((tab) => tab.seqs)).toEqual(tabs.map(() => seqs)));

/** Opens a tab whose page hears `window`'s events from here alone. */
async function openPage(browser: LiveBrowser, options?: TabOptions) {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  const tab = browser.open(options);
  await isOpen(tab);
  vi.unstubAllGlobals();
  return { tab, happens: (name: string) => page.dispatchEvent(new Event(name)) };
}

/** A channel that loses what comes and what goes, while it is cut. */
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
    test(`${count} tabs have one connection, and each is told each notification once, by ${strategy}`, async () => {
      const { sockets, tabs } = await openTabs(count, strategy);
      for (let seq = 1; seq <= 10; seq++) {
        sockets.notify(subject, "post-liked");
      }
      await allHeard(tabs, upTo(10));
      await heard();

      expect(sockets.made()).toBe(1);
      expect(sockets.handshakes).toHaveLength(1);
      expect(tabs.map((tab) => tab.stale())).toEqual(tabs.map(() => 1));
      expect(tabs.map((tab) => tab.unread.at(-1))).toEqual(tabs.map(() => [10, 10]));
    });
  }

  test(`when of ${count} tabs the one with the connection is closed, the next goes on: nothing is missed or doubled`, async () => {
    const { sockets, tabs } = await openTabs(count);
    sockets.notify(subject, "post-liked");
    await allHeard(tabs, [1]);
    for (let seq = 2; tabs.length > 1; seq += 2) {
      tabs.shift()?.close();
      sockets.notify(subject, "post-liked");
      sockets.notify(subject, "post-liked");
      await allHeard(tabs, upTo(seq + 1));
    }

    expect(sockets.made()).toBe(count);
    expect(sockets.connections()).toBe(1);
    expect(tabs[0]?.stale()).toBe(1);
  });

  test(`when of ${count} tabs the one with the connection crashes, the next goes on: nothing is missed or doubled`, async () => {
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
    test(`${count} tabs without ${missing} have a connection each, and are told the same`, async () => {
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

test("a tab that opens beside another reads the list, and needs no connection of its own for it", async () => {
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

test("a tab that has lost some is told them from the memory of the one with the connection", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const late = open({ outside: parts });
  await isOpen(late);
  line.isCut = true;
  sockets.notify(subject, "post-liked");
  sockets.notify(subject, "post-liked");
  await allHeard([tab], [1, 2]);
  await heard();
  line.isCut = false;
  sockets.notify(subject, "post-liked");
  await allHeard([tab, late], [1, 2, 3]);

  expect(sockets.handshakes).toHaveLength(1);
  expect(late.unread.at(-1)).toEqual([3, 3]);
});

test("one that has lost more than that has them asked for again, and nobody is told anything twice", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const late = open({ outside: parts });
  await isOpen(late);
  line.isCut = true;
  for (let seq = 1; seq <= 150; seq++) {
    sockets.notify(subject, "post-liked");
  }
  await allHeard([tab], upTo(150));
  await heard();
  line.isCut = false;
  sockets.notify(subject, "post-liked");
  await allHeard([tab, late], upTo(151));

  expect(sockets.handshakes.map(({ auth }) => auth.last)).toEqual([undefined, 0]);
  expect(late.stale()).toBe(1);
});

test("one that lacks what the former connection brought gets it from the next, and nobody is told anything twice", async () => {
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
  await heard();
  line.isCut = false;
  tab.crash();
  await allHeard([next, late], [1, 2]);
  sockets.notify(subject, "post-liked");
  await allHeard([next, late], [1, 2, 3]);

  expect([next.stale(), late.stale()]).toEqual([1, 1]);
});

test("one that comes to have the connection and lacks some asks for them, and the others are told nothing twice", async () => {
  const { line, outside: parts } = lossy();
  const { sockets, tab, open } = await openTabs(1);
  const next = open({ outside: parts });
  await isOpen(next);
  const third = open();
  await isOpen(third);
  line.isCut = true;
  sockets.notify(subject, "post-liked");
  await allHeard([tab, third], [1]);
  await heard();
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
  test(`a tab hands its connection over at ${stops}, and catches up at ${goesOn}`, async () => {
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

test("a tab that has the connection and hangs loses it to one that is looked at", async () => {
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

test("every tab's events go over the one connection, and each gets its own acknowledgements", async () => {
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
  expect(sockets.made()).toBe(1);
});

test("an event whose connection goes with its tab is a NetworkError, in whichever tab", async () => {
  const { tabs, tab, sockets } = await openTabs(3);
  const emitting = tabs
    .slice(1)
    .map((each) => caught(each.realtime.of("/live").emit("silence" as "whoami")));
  await eventually(() => expect(sockets.joined("/live")).toBe(1));
  await heard();
  tab.crash();

  expect((await Promise.all(emitting)).map(isNetworkError)).toEqual([true, true]);
});

test("an event that is the first thing that a tab asks for waits for the connection", async () => {
  const { open } = await openTabs(0);
  const { data } = await open({ silent: true }).realtime.of("/live").emit("whoami");

  expect(data).toEqual({ name: subject });
});

test("a room is held while one tab wants it, whether the others leave, close or crash", async () => {
  const { sockets, tabs } = await openTabs(4);
  const leaves = tabs.map((tab) => tab.realtime.of("/live").join("post:7"));
  await eventually(() => expect(sockets.members("post:7")).toEqual([subject]));
  leaves[1]?.();
  tabs[2]?.close();
  await heard();
  expect(sockets.members("post:7")).toEqual([subject]);
  leaves[0]?.();
  await heard();
  expect(sockets.members("post:7")).toEqual([subject]);
  tabs[3]?.crash();

  await eventually(() => expect(sockets.members("post:7")).toEqual([]));
  expect(sockets.made()).toBe(1);
});

test("when a tab comes that joins a room where the browser is already, it hears at once who is there", async () => {
  const { tabs } = await openTabs(2);
  const people: unknown[][] = [[], []];
  for (const [at, tab] of tabs.entries()) {
    await new Promise<void>((resolve) => {
      tab.realtime.of("/live").join("post:7", {
        onJoined: resolve,
        onPeople: (found) => people[at]?.push(found),
      });
    });
  }

  await eventually(() => expect(people).toEqual([[[{ name: subject }]], [[{ name: subject }]]]));
});

test("odd messages on the channel, as of another version's tab, change nothing", async () => {
  const { sockets, backend, tabs } = await openTabs(2);
  const login = await tabs[0]?.auth.session();
  const channel = new BroadcastChannel(`dovetail:realtime:${backend.origin}:${login?.id}`);
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
    { kind: "emit", tab: "x", id: "1", path: "/live", name: "typing" },
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
  await heard();
  channel.close();
  sockets.notify(subject, "post-liked");
  await allHeard(tabs, [1]);

  expect(tabs.map((tab) => tab.states)).toEqual([
    ["connecting", "open"],
    ["connecting", "open"],
  ]);
  expect(sockets.typings).toEqual([]);
});

for (const strategy of strategies) {
  test(`signing out in one tab closes the connection of all, and signing in opens it again, by ${strategy}`, async () => {
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

  test(`another person who signs in in one tab takes over all: nothing of the former one's is told, by ${strategy}`, async () => {
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

test("a tab that has not heard of another person's sign-in gets nothing of theirs: it learns of it at the handshake", async () => {
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
