/** Several tabs of one browser and one refresh cookie. Locks and channel are Node's own, which keep to the standards. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import type { AuthEventName } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { type Browser, openBrowser, openSignedIn, type Tab } from "../../support/browser.js";
import { caught } from "../../support/caught.js";
import { problem } from "../../support/server.js";
import { heard, type TabOptions } from "../../support/tab.js";

const hour = 3600;

/** Tabs that all know of the same login and the same token. */
async function openTabs(count: number, options?: TabOptions): Promise<Browser & { tabs: Tab[] }> {
  const browser = await openBrowser();
  const tabs = Array.from({ length: count }, () => browser.open(options));
  const told = tabs.slice(1).map((tab) => next(tab, "signed-in"));
  await tabs[0]?.auth.signIn(demo);
  await Promise.all(told);
  browser.asked();
  return { ...browser, tabs };
}

function next(tab: Tab, name: AuthEventName): Promise<void> {
  return new Promise((resolve) => {
    const stop = tab.on(name, () => {
      stop();
      resolve();
    });
  });
}

const statuses = async (tabs: Tab[]) =>
  (await Promise.all(tabs.map((tab) => tab.api.GET("/api/posts")))).map(
    ({ response }) => response.status,
  );

const ok = (count: number) => Array(count).fill(200);

test("signing in in one tab gives its token to all: none asks the server for one", async () => {
  const { backend, tabs, asked } = await openTabs(3);
  expect(await statuses(tabs)).toEqual(ok(3));

  expect(new Set(backend.to("/api/posts").map(({ headers }) => headers.authorization))).toEqual(
    new Set(["Bearer at-1"]),
  );
  expect(asked()).toEqual(Array(3).fill("/api/posts"));
});

test("a tab that opens beside another starts with its token, and still asks the server who is signed in", async () => {
  const { open, asked } = await openSignedIn();
  const tab = open();
  await heard();
  expect(await statuses([tab])).toEqual([200]);
  expect(asked()).toEqual(["/api/posts"]);

  expect((await tab.auth.session())?.subject).toBe(demo.email);
  expect(asked()).toEqual(["/auth/session"]);
  expect(tab.names()).toEqual([]);
});

test("a tab that opens beside one with an expired token gets none from it", async () => {
  const { open, pass, asked } = await openSignedIn();
  pass(hour);
  const tab = open();
  await heard();
  await statuses([tab]);

  expect(asked()).toEqual(["/auth/session", "/auth/refresh", "/api/posts"]);
});

for (const count of [2, 5]) {
  test(`${count} tabs that wake together refresh once per generation, again and again`, async () => {
    const { backend, tabs, pass } = await openTabs(count);
    for (let generation = 1; generation <= 4; generation++) {
      pass(hour);
      expect(await statuses(tabs)).toEqual(ok(count));
      expect(backend.families.generations()).toBe(generation);
      expect(backend.to("/auth/refresh")).toHaveLength(generation);
    }
    expect(tabs.flatMap((tab) => tab.names())).toEqual(Array(count).fill("signed-in"));
  });

  test(`${count} tabs that are restored together refresh once`, async () => {
    const { jar, backend, open, tab } = await openSignedIn();
    tab.close();
    const tabs = Array.from({ length: count }, () => open({ jar }));

    expect(await statuses(tabs)).toEqual(ok(count));
    expect(backend.to("/auth/refresh")).toHaveLength(1);
  });

  test(`${count} tabs whose token is refused together refresh once`, async () => {
    const { backend, tabs } = await openTabs(count);
    backend.families.forgetKeys();

    expect(await statuses(tabs)).toEqual(ok(count));
    expect(backend.to("/auth/refresh")).toHaveLength(1);
  });

  test(`${count} tabs without locks stay signed in, and the chain does not fork`, async () => {
    const { backend, tabs, pass } = await openTabs(count, { outside: { locks: null } });
    for (let generation = 1; generation <= 3; generation++) {
      pass(hour);
      expect(await statuses(tabs)).toEqual(ok(count));
    }
    expect(backend.families.generations()).toBeLessThanOrEqual(backend.to("/auth/refresh").length);
    expect(tabs.flatMap((tab) => tab.names())).toEqual(Array(count).fill("signed-in"));
  });

  test(`${count} tabs without locks hear the first one's token when they begin at different moments`, async () => {
    let drawn = 0;
    const { backend, tabs, pass } = await openTabs(count, {
      outside: {
        locks: null,
        random: () => drawn++ / count,
        sleep: (ms, signal) => outside.sleep(ms * 20, signal),
      },
    });
    pass(hour);
    drawn = 0; // the first tab begins at once

    expect(await statuses(tabs)).toEqual(ok(count));
    expect(backend.to("/auth/refresh")).toHaveLength(1);
  });

  test(`${count} tabs without locks and without a channel stay signed in`, async () => {
    const alone = { outside: { locks: null, openChannel: () => null } };
    const { backend, open, pass } = await openSignedIn(alone);
    const tabs = Array.from({ length: count }, () => open(alone));
    for (let round = 0; round < 3; round++) {
      pass(hour);
      expect(await statuses(tabs)).toEqual(ok(count));
    }
    expect(tabs.flatMap((tab) => tab.names())).toEqual([]);
    expect(backend.families.generations()).toBeLessThanOrEqual(3 * count);
  });
}

test("with locks but no word from the winner, who waited refreshes itself after a moment", async () => {
  const mute = { outside: { openChannel: () => null } };
  const { backend, open, pass, tab } = await openSignedIn(mute);
  const tabs = [tab, open(mute)];
  await statuses(tabs);
  pass(hour);

  expect(await statuses(tabs)).toEqual(ok(2));
  expect(backend.to("/auth/refresh")).toHaveLength(3);
  expect(tabs.flatMap((each) => each.names())).toEqual(["signed-in"]);
});

test("who waits goes on as soon as the news comes, of a token or of a sign-out", async () => {
  const { backend, tab, open, pass } = await openSignedIn({
    outside: { locks: null, random: () => 0 },
  });
  const waiter = open({
    outside: {
      locks: null,
      random: () => 0.5,
      sleep: (ms, signal) => (ms === 125 ? new Promise(() => {}) : outside.sleep(ms, signal)),
    },
  });
  await waiter.auth.session();
  pass(hour);
  const first = waiter.api.GET("/api/posts");
  await statuses([tab]);
  expect((await first).response.status).toBe(200);
  pass(hour);
  const second = waiter.api.GET("/api/posts");
  await tab.auth.signOut();

  expect((await second).problem?.code).toBe("UNAUTHENTICATED");
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("hearing the refused token once more is no news", async () => {
  const { backend, tabs, open } = await openTabs(2);
  const [tab] = tabs as [Tab, Tab];
  await heard();
  await tab.auth.accessToken({ fresh: true });
  await heard();
  backend.families.forgetKeys();
  const gate = backend.hold("/auth/refresh", { status: 503 });
  const waiting = statuses([tab]);
  await gate.reached;
  // Whom the others tell what they have.
  open();
  await heard();
  gate.open();

  expect(await waiting).toEqual([200]);
});

/** Locks as the browser keeps them for a tab that may be closed: then they are free, and nothing of the tab goes on. */
function mortal() {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => {});
  const request = (name: string, options: LockOptions, task: (lock: Lock | null) => unknown) =>
    navigator.locks
      .request(name, options, (lock) => Promise.race([task(lock), death.promise]))
      .catch(() => new Promise(() => {}));
  return {
    die: () => death.reject(new Error("closed")),
    outside: { locks: { request } as unknown as Pick<LockManager, "request"> },
  };
}

test("a tab that is closed while it refreshes leaves the lock to the others, who get the same successor", async () => {
  const { backend, tab, open, pass } = await openSignedIn();
  const { die, outside: parts } = mortal();
  const sent = Promise.withResolvers<void>();
  const dying = open({
    outside: {
      ...parts,
      async fetch(request) {
        await outside.fetch(request);
        sent.resolve();
        return new Promise<Response>(() => {});
      },
    },
  });
  await heard();
  pass(hour);
  void dying.api.GET("/api/posts");
  await sent.promise;
  const waiting = statuses([tab]);
  await heard();
  dying.close();
  die();

  expect(await waiting).toEqual([200]);
  expect(backend.to("/auth/refresh")).toHaveLength(2);
  expect(backend.families.generations()).toBe(1);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a tab that hangs with the lock is waited for, but not for ever", async () => {
  const { backend, tab, open, pass } = await openSignedIn();
  const sent = Promise.withResolvers<void>();
  const hanging = open({
    outside: {
      async fetch() {
        sent.resolve();
        return new Promise<Response>(() => {});
      },
    },
  });
  await heard();
  pass(hour);
  void hanging.api.GET("/api/posts");
  await sent.promise;

  expect(await statuses([tab])).toEqual([200]);
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("a sign-in that waits for another tab ends with its signal, and is not sent", async () => {
  const { backend, tab, open, pass } = await openSignedIn();
  pass(hour);
  const gate = backend.hold("/auth/refresh", { status: 503 });
  const waiting = statuses([tab]);
  await gate.reached;
  const controller = new AbortController();
  const leaving = caught(open().auth.signIn(demo, { signal: controller.signal }));
  await sleep(5);
  controller.abort("left");

  expect(await leaving).toBe("left");
  gate.open();
  expect(await waiting).toEqual([200]);
  expect(backend.to("/auth/login")).toEqual([]);
});

test("who loses a race clears nothing: a refusal counts for little when another tab has a newer token", async () => {
  for (const code of ["SESSION_EXPIRED", "REFRESH_REUSED", "UNAUTHENTICATED"]) {
    const { backend, tabs, pass } = await openTabs(2, {
      outside: { locks: null, random: () => 0 },
    });
    const [loser, winner] = tabs as [Tab, Tab];
    pass(hour);
    const gate = backend.hold("/auth/refresh", problem(code, 401));
    const waiting = loser.api.GET("/api/posts");
    await gate.reached;
    expect(await statuses([winner])).toEqual([200]);
    await heard();
    gate.open();

    expect((await waiting).response.status, code).toBe(200);
    expect(tabs.flatMap((tab) => tab.names())).toEqual(["signed-in", "signed-in"]);
  }
});

test("an expiry is told in every tab once, with its code", async () => {
  const { backend, tabs, pass } = await openTabs(3);
  backend.override("/auth/refresh", () => problem("REFRESH_REUSED", 401));
  pass(hour);
  await Promise.all(tabs.map((tab) => tab.api.GET("/api/posts")));
  await heard();

  for (const tab of tabs) {
    expect(tab.events.slice(1)).toMatchObject([
      { name: "session-expired", code: "REFRESH_REUSED" },
    ]);
    expect(await tab.auth.accessToken()).toBeNull();
  }
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("an expiry of a former login is nothing to a tab that has signed in anew", async () => {
  const { tabs, backend } = await openTabs(2, { outside: { locks: null, random: () => 0 } });
  const [first, second] = tabs as [Tab, Tab];
  const login = { id: "login-1", subject: demo.email };
  await first.auth.signIn(demo);
  // As from a tab that had not heard of it yet.
  const channel = new BroadcastChannel(`dovetail:auth:${backend.origin}`);
  channel.postMessage({ name: "session-expired", login: null, former: login.id });
  await heard();
  channel.close();

  expect(first.names()).toEqual(["signed-in", "signed-in"]);
  expect((await second.auth.session())?.id).toBe("login-2");
});

test("signing out in one tab drops the token in all", async () => {
  const { backend, tabs } = await openTabs(3);
  const told = tabs.slice(1).map((tab) => next(tab, "signed-out"));
  await tabs[0]?.auth.signOut();
  await Promise.all(told);
  await statuses(tabs);

  expect(await Promise.all(tabs.map((tab) => tab.auth.accessToken()))).toEqual([null, null, null]);
  expect(backend.to("/auth/refresh")).toHaveLength(0);
  expect(backend.to("/api/posts").every(({ headers }) => !headers.authorization)).toBe(true);
});

test("signing out in one tab ends it in another that is refreshing, whose answer brings nothing back", async () => {
  const { backend, tabs, pass } = await openTabs(2, { outside: { locks: null, random: () => 0 } });
  const [refreshing, leaving] = tabs as [Tab, Tab];
  pass(hour);
  const gate = backend.hold("/auth/refresh", {
    body: {
      access_token: "at-late",
      token_type: "Bearer",
      expires_in: 900,
      login: { id: "login-1", subject: demo.email },
    },
  });
  const waiting = refreshing.api.GET("/api/posts");
  await gate.reached;
  const told = next(refreshing, "signed-out");
  await leaving.auth.signOut();
  await told;
  gate.open();

  expect((await waiting).problem?.code).toBe("UNAUTHENTICATED");
  await heard();
  for (const tab of tabs) {
    expect(tab.names()).toEqual(["signed-in", "signed-out"]);
    expect(await tab.auth.accessToken()).toBeNull();
  }
});

test("a token that was asked for before the sign-out, and is told after it, brings nothing back", async () => {
  const { backend, tabs } = await openTabs(1);
  const [tab] = tabs as [Tab];
  const now = Date.now();
  const login = { id: "login-1", subject: demo.email };
  const token = {
    value: "at-late",
    login,
    requestedAt: now,
    renewal: now + 1e6,
    expiry: now + 1e6,
  };
  await sleep(5);
  await tab.auth.signOut();
  const channel = new BroadcastChannel(`dovetail:auth:${backend.origin}`);
  channel.postMessage({ name: "token", token });
  await heard();
  channel.close();

  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
  expect(await tab.auth.accessToken()).toBeNull();
});

test("a sign-in by an outside provider, which leaves the page, is told to the other tabs by the page that comes back", async () => {
  const { jar, open, asked } = await openBrowser();
  const stranger = open();
  expect(await stranger.auth.session()).toBeNull();
  // The provider's callback begins the login; no page of ours hears of it.
  await open({ outside: { openChannel: () => null } }).auth.signIn(demo);
  expect(jar.has("rt")).toBe(true);
  await sleep(5);
  const back = open();
  const told = next(stranger, "signed-in");
  await back.api.GET("/api/posts");
  await told;
  asked();

  expect(stranger.events).toMatchObject([
    { name: "signed-in", elsewhere: true, login: { subject: demo.email } },
  ]);
  expect(await statuses([stranger])).toEqual([200]);
  expect(asked()).toEqual(["/api/posts"]);
});

test("a refresh that answers for another login than this tab's is a sign-in that happened elsewhere", async () => {
  const mute = { outside: { openChannel: () => null } };
  const { open, tab, pass } = await openSignedIn(mute);
  await open(mute).auth.signIn({ ...demo, email: "else@example.com" });
  pass(hour);

  expect(await statuses([tab])).toEqual([200]);
  expect(tab.events.at(-1)).toMatchObject({
    name: "signed-in",
    elsewhere: true,
    login: { subject: "else@example.com" },
  });
  expect((await tab.auth.session())?.subject).toBe("else@example.com");
});

test("tabs of different backends do not get each other's tokens", async () => {
  await openSignedIn();
  const foreign = (await openBrowser()).open();
  await heard();

  expect(await foreign.auth.accessToken()).toBeNull();
});

test("a closed client neither hears nor tells, and still works", async () => {
  const { open, tab } = await openSignedIn();
  const closed = open();
  closed.close();
  expect(await statuses([closed])).toEqual([200]);
  await closed.auth.signOut();
  await heard();

  expect(tab.names()).toEqual(["signed-in"]);
});
