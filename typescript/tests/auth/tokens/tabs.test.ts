/** Several tabs of one browser with one refresh cookie. Locks and channel are Node's own, which follow the standards. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import type { AuthEventName } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { type Browser, openBrowser, openSignedIn, type Tab } from "../../support/browser.js";
import { rejectionOf } from "../../support/rejection.js";
import { problem } from "../../support/server.js";
import { messagesDelivered, type TabOptions } from "../../support/tab.js";

const hour = 3600;

/** Opens tabs that have the same login and the same token. */
async function openTabs(count: number, options?: TabOptions): Promise<Browser & { tabs: Tab[] }> {
  const browser = await openBrowser();
  const tabs = Array.from({ length: count }, () => browser.open(options));
  const events = tabs.slice(1).map((tab) => next(tab, "signed-in"));
  await tabs[0]?.auth.signIn(demo);
  await Promise.all(events);
  browser.takePaths();
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

test("all tabs get the token of a sign-in in one of them, without a request", async () => {
  const { backend, tabs, takePaths } = await openTabs(3);
  expect(await statuses(tabs)).toEqual(ok(3));

  expect(new Set(backend.to("/api/posts").map(({ headers }) => headers.authorization))).toEqual(
    new Set(["Bearer at-1"]),
  );
  expect(takePaths()).toEqual(Array(3).fill("/api/posts"));
});

test("a tab that opens beside another has its token, and still asks the server for the login", async () => {
  const { open, takePaths } = await openSignedIn();
  const tab = open();
  await messagesDelivered();
  expect(await statuses([tab])).toEqual([200]);
  expect(takePaths()).toEqual(["/api/posts"]);

  expect((await tab.auth.session())?.subject).toBe(demo.email);
  expect(takePaths()).toEqual(["/auth/session"]);
  expect(tab.names()).toEqual([]);
});

test("a tab gets no expired token from another", async () => {
  const { open, pass, takePaths } = await openSignedIn();
  pass(hour);
  const tab = open();
  await messagesDelivered();
  await statuses([tab]);

  expect(takePaths()).toEqual(["/auth/session", "/auth/refresh", "/api/posts"]);
});

for (const count of [2, 5]) {
  test(`${count} tabs that wake together refresh once for each expired token`, async () => {
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

  test(`${count} tabs without locks stay signed in, and the refresh tokens do not fork`, async () => {
    const { backend, tabs, pass } = await openTabs(count, { outside: { locks: null } });
    for (let generation = 1; generation <= 3; generation++) {
      pass(hour);
      expect(await statuses(tabs)).toEqual(ok(count));
    }
    expect(backend.families.generations()).toBeLessThanOrEqual(backend.to("/auth/refresh").length);
    expect(tabs.flatMap((tab) => tab.names())).toEqual(Array(count).fill("signed-in"));
  });

  test(`${count} tabs without locks take the first one's token when they begin at different moments`, async () => {
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

test("a tab that waited for the lock, but got no message, refreshes by itself after a moment", async () => {
  const mute = { outside: { openChannel: () => null } };
  const { backend, open, pass, tab } = await openSignedIn(mute);
  const tabs = [tab, open(mute)];
  await statuses(tabs);
  pass(hour);

  expect(await statuses(tabs)).toEqual(ok(2));
  expect(backend.to("/auth/refresh")).toHaveLength(3);
  expect(tabs.flatMap((each) => each.names())).toEqual(["signed-in"]);
});

test("a waiting tab goes on at the message of a token or a sign-out", async () => {
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

test("a message with the refused token does not end the waiting", async () => {
  const { backend, tabs, open } = await openTabs(2);
  const [tab] = tabs as [Tab, Tab];
  await messagesDelivered();
  await tab.auth.accessToken({ fresh: true });
  await messagesDelivered();
  backend.families.forgetKeys();
  const gate = backend.delay("/auth/refresh", { status: 503 });
  const waiting = statuses([tab]);
  await gate.reached;
  // Receives the messages of the others.
  open();
  await messagesDelivered();
  gate.open();

  expect(await waiting).toEqual([200]);
});

/** Makes the locks of a tab that may close: then they become free, and the tab does nothing more. */
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

test("a tab that closes during its refresh leaves the lock to the others, which get the same new token", async () => {
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
  await messagesDelivered();
  pass(hour);
  void dying.api.GET("/api/posts");
  await sent.promise;
  const waiting = statuses([tab]);
  await messagesDelivered();
  dying.close();
  die();

  expect(await waiting).toEqual([200]);
  expect(backend.to("/auth/refresh")).toHaveLength(2);
  expect(backend.families.generations()).toBe(1);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a tab that hangs with the lock is waited for 5 s", async () => {
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
  await messagesDelivered();
  pass(hour);
  void hanging.api.GET("/api/posts");
  await sent.promise;

  expect(await statuses([tab])).toEqual([200]);
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("a sign-in that waits for another tab rejects when its signal aborts, and is not sent", async () => {
  const { backend, tab, open, pass } = await openSignedIn();
  pass(hour);
  const gate = backend.delay("/auth/refresh", { status: 503 });
  const waiting = statuses([tab]);
  await gate.reached;
  const controller = new AbortController();
  const leaving = rejectionOf(open().auth.signIn(demo, { signal: controller.signal }));
  await sleep(5);
  controller.abort("left");

  expect(await leaving).toBe("left");
  gate.open();
  expect(await waiting).toEqual([200]);
  expect(backend.to("/auth/login")).toEqual([]);
});

test("a refusal does not end the login when another tab has a newer token", async () => {
  for (const code of ["SESSION_EXPIRED", "REFRESH_REUSED", "UNAUTHENTICATED"]) {
    const { backend, tabs, pass } = await openTabs(2, {
      outside: { locks: null, random: () => 0 },
    });
    const [loser, winner] = tabs as [Tab, Tab];
    pass(hour);
    const gate = backend.delay("/auth/refresh", problem(code, 401));
    const waiting = loser.api.GET("/api/posts");
    await gate.reached;
    expect(await statuses([winner])).toEqual([200]);
    await messagesDelivered();
    gate.open();

    expect((await waiting).response.status, code).toBe(200);
    expect(tabs.flatMap((tab) => tab.names())).toEqual(["signed-in", "signed-in"]);
  }
});

test("an expiry is one event in every tab, with its code", async () => {
  const { backend, tabs, pass } = await openTabs(3);
  backend.override("/auth/refresh", () => problem("REFRESH_REUSED", 401));
  pass(hour);
  await Promise.all(tabs.map((tab) => tab.api.GET("/api/posts")));
  await messagesDelivered();

  for (const tab of tabs) {
    expect(tab.events.slice(1)).toMatchObject([
      { name: "session-expired", code: "REFRESH_REUSED" },
    ]);
    expect(await tab.auth.accessToken()).toBeNull();
  }
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("the expiry of an earlier login is no event in a tab that has signed in again", async () => {
  const { tabs, backend } = await openTabs(2, { outside: { locks: null, random: () => 0 } });
  const [first, second] = tabs as [Tab, Tab];
  const login = { id: "login-1", subject: demo.email };
  await first.auth.signIn(demo);
  // Like a message of a tab that does not know of the sign-in yet.
  const channel = new BroadcastChannel(`dovetail:auth:${backend.origin}`);
  channel.postMessage({ name: "session-expired", login: null, former: login.id });
  await messagesDelivered();
  channel.close();

  expect(first.names()).toEqual(["signed-in", "signed-in"]);
  expect((await second.auth.session())?.id).toBe("login-2");
});

test("signing out in one tab drops the token of all", async () => {
  const { backend, tabs } = await openTabs(3);
  const events = tabs.slice(1).map((tab) => next(tab, "signed-out"));
  await tabs[0]?.auth.signOut();
  await Promise.all(events);
  await statuses(tabs);

  expect(await Promise.all(tabs.map((tab) => tab.auth.accessToken()))).toEqual([null, null, null]);
  expect(backend.to("/auth/refresh")).toHaveLength(0);
  expect(backend.to("/api/posts").every(({ headers }) => !headers.authorization)).toBe(true);
});

test("a refresh in one tab does not undo a sign-out in another", async () => {
  const { backend, tabs, pass } = await openTabs(2, { outside: { locks: null, random: () => 0 } });
  const [refreshing, leaving] = tabs as [Tab, Tab];
  pass(hour);
  const gate = backend.delay("/auth/refresh", {
    body: {
      access_token: "at-late",
      token_type: "Bearer",
      expires_in: 900,
      login: { id: "login-1", subject: demo.email },
    },
  });
  const waiting = refreshing.api.GET("/api/posts");
  await gate.reached;
  const events = next(refreshing, "signed-out");
  await leaving.auth.signOut();
  await events;
  gate.open();

  expect((await waiting).problem?.code).toBe("UNAUTHENTICATED");
  await messagesDelivered();
  for (const tab of tabs) {
    expect(tab.names()).toEqual(["signed-in", "signed-out"]);
    expect(await tab.auth.accessToken()).toBeNull();
  }
});

test("a token that was requested before the sign-out, and arrives after it, is dropped", async () => {
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
  await messagesDelivered();
  channel.close();

  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
  expect(await tab.auth.accessToken()).toBeNull();
});

test("a sign-in by an outside provider is an event in the other tabs when the page comes back", async () => {
  const { jar, open, takePaths } = await openBrowser();
  const stranger = open();
  expect(await stranger.auth.session()).toBeNull();
  // The provider's callback begins the login, and no page learns of it.
  await open({ outside: { openChannel: () => null } }).auth.signIn(demo);
  expect(jar.has("rt")).toBe(true);
  await sleep(5);
  const back = open();
  const events = next(stranger, "signed-in");
  await back.api.GET("/api/posts");
  await events;
  takePaths();

  expect(stranger.events).toMatchObject([
    { name: "signed-in", elsewhere: true, login: { subject: demo.email } },
  ]);
  expect(await statuses([stranger])).toEqual([200]);
  expect(takePaths()).toEqual(["/api/posts"]);
});

test("a refresh that is answered with another login is a sign-in elsewhere", async () => {
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

test("tabs of different backends do not share tokens", async () => {
  await openSignedIn();
  const foreign = (await openBrowser()).open();
  await messagesDelivered();

  expect(await foreign.auth.accessToken()).toBeNull();
});

test("a closed client shares nothing with other tabs, and still works", async () => {
  const { open, tab } = await openSignedIn();
  const closed = open();
  closed.close();
  expect(await statuses([closed])).toEqual([200]);
  await closed.auth.signOut();
  await messagesDelivered();

  expect(tab.names()).toEqual(["signed-in"]);
});
