/** Two clients that share a cookie jar and a BroadcastChannel are two tabs of one browser. */
import { expect, onTestFinished, test } from "vitest";
import type { AuthEvent, AuthEventName, Dovetail } from "../../../src/index.js";
import { demo, serveBackend } from "../../support/backend.js";
import { messagesDelivered, openTab } from "../../support/tab.js";

async function twoTabs() {
  const backend = await serveBackend();
  const jar = new Map<string, string>();
  return {
    backend,
    first: openTab(backend.origin, { jar }),
    second: openTab(backend.origin, { jar }),
  };
}

function next(tab: Dovetail<never>, name: AuthEventName): Promise<AuthEvent> {
  return new Promise((resolve) => {
    const stop = tab.on(name, (event) => {
      stop();
      resolve(event);
    });
  });
}

const postIt = { body: { title: "Joints" } };

test("a sign-in in one tab is an event in the other, which then knows the login without a request", async () => {
  const { backend, first, second } = await twoTabs();
  expect(await second.auth.session()).toBeNull();
  const event = next(second, "signed-in");
  await first.auth.signIn(demo);

  expect(await event).toMatchObject({ elsewhere: true, login: { subject: demo.email } });
  expect(await second.auth.session()).toMatchObject({ subject: demo.email });
  expect(backend.to("/auth/session")).toHaveLength(1);
});

test("a sign-in in one tab replaces the other tab's CSRF token before it can be refused", async () => {
  const { backend, first, second } = await twoTabs();
  await second.api.POST("/api/posts", postIt);
  const event = next(second, "signed-in");
  await first.auth.signIn(demo);
  await event;
  backend.received.length = 0;

  expect((await second.api.POST("/api/posts", postIt)).response.status).toBe(201);
  expect(backend.received.map(({ url }) => url)).toEqual(["/api/csrf-token", "/api/posts"]);
});

test("signing out in one tab signs out the other", async () => {
  const { first, second } = await twoTabs();
  await first.auth.signIn(demo);
  const event = next(second, "signed-out");
  await first.auth.signOut();

  expect(await event).toMatchObject({ elsewhere: true, login: null });
  expect(await second.auth.session()).toBeNull();
});

test("two tabs that sign out at the same time have one event each", async () => {
  const { first, second } = await twoTabs();
  const bothIn = next(second, "signed-in");
  await first.auth.signIn(demo);
  await bothIn;
  const count = { first: 0, second: 0 };
  first.on("signed-out", () => void count.first++);
  second.on("signed-out", () => void count.second++);
  await Promise.all([first.auth.signOut(), second.auth.signOut()]);
  await messagesDelivered();

  expect(count).toEqual({ first: 1, second: 1 });

  const again = next(second, "signed-out");
  const inAgain = next(second, "signed-in");
  await first.auth.signIn(demo);
  await inAgain;
  await first.auth.signOut();
  expect(await again).toMatchObject({ elsewhere: true });
});

test("an expiry in one tab is one event in the other", async () => {
  const { backend, first, second } = await twoTabs();
  const bothIn = next(second, "signed-in");
  await first.auth.signIn(demo);
  await bothIn;
  let count = 0;
  second.on("session-expired", () => {
    count += 1;
  });
  const expired = next(second, "session-expired");
  backend.endAll();
  await first.api.GET("/api/posts");
  await expired;
  await second.api.GET("/api/posts");

  expect(count).toBe(1);
});

test("an expiry that both tabs see at the same time is one event in each", async () => {
  const { backend, first, second } = await twoTabs();
  const bothIn = next(second, "signed-in");
  await first.auth.signIn(demo);
  await bothIn;
  const count = [0, 0];
  [first, second].forEach((tab, index) => {
    tab.on("session-expired", () => {
      count[index] = (count[index] ?? 0) + 1;
    });
  });
  backend.endAll();
  await Promise.all([first, second].map((tab) => tab.api.GET("/api/posts")));
  await messagesDelivered();

  expect(count).toEqual([1, 1]);
});

test("a form in one tab goes on when the person signs in in another", async () => {
  const { first, second } = await twoTabs();
  const waiting = second.auth.signedInAgain();
  await first.auth.signIn(demo);

  expect((await waiting).subject).toBe(demo.email);
});

test("clients of different backends do not share events", async () => {
  const { first } = await twoTabs();
  const { first: foreign } = await twoTabs();
  let count = 0;
  foreign.on("signed-in", () => {
    count += 1;
  });
  await first.auth.signIn(demo);
  await messagesDelivered();

  expect(count).toBe(0);
});

test("unknown or malformed messages of another version's tab change nothing", async () => {
  const { backend, first } = await twoTabs();
  const { data: login } = await first.auth.signIn(demo);
  let count = 0;
  for (const name of ["signed-in", "signed-out", "session-expired"] as const) {
    first.on(name, () => void count++);
  }
  const other = new BroadcastChannel(`dovetail:auth:${backend.origin}`);
  onTestFinished(() => other.close());
  const token = { value: "at-1", login, requestedAt: 1e15, renewal: 1e15, expiry: 1e15 };
  for (const message of [
    null,
    "signed-out",
    { name: "moved", login: null },
    { name: "signed-in" },
    { name: "signed-in", login: { id: 7 } },
    { name: "signed-in", login, token: "at-1" },
    { name: "token" },
    { name: "token", token: { ...token, value: undefined } },
    { name: "token", token: { ...token, login: null } },
    { name: "token", token: { ...token, expiry: "soon" } },
  ]) {
    other.postMessage(message);
  }
  await messagesDelivered();

  expect(count).toBe(0);
  expect(await first.auth.session()).toEqual(login);
  expect(await first.auth.accessToken()).toBeNull();
});

test("a closed client has no more events", async () => {
  const { first, second } = await twoTabs();
  let count = 0;
  second.on("signed-in", () => {
    count += 1;
  });
  second.close();
  await first.auth.signIn(demo);
  await messagesDelivered();

  expect(count).toBe(0);
});
