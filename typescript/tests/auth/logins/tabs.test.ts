/** Two clients that share a cookie jar and a BroadcastChannel are two tabs of one browser. */
import { expect, onTestFinished, test } from "vitest";
import type { AuthEvent, AuthEventName, Dovetail } from "../../../src/index.js";
import { demo, serveBackend } from "../../support/backend.js";
import { heard, openTab } from "../../support/tab.js";

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

test("signing in is told to the other tab, which then knows who it is without asking", async () => {
  const { backend, first, second } = await twoTabs();
  expect(await second.auth.session()).toBeNull();
  const told = next(second, "signed-in");
  await first.auth.signIn(demo);

  expect(await told).toMatchObject({ elsewhere: true, login: { subject: demo.email } });
  expect(await second.auth.session()).toMatchObject({ subject: demo.email });
  expect(backend.to("/auth/session")).toHaveLength(1);
});

test("signing in in one tab drops the other's token before it can be refused", async () => {
  const { backend, first, second } = await twoTabs();
  await second.api.POST("/api/posts", postIt);
  const told = next(second, "signed-in");
  await first.auth.signIn(demo);
  await told;
  backend.received.length = 0;

  expect((await second.api.POST("/api/posts", postIt)).response.status).toBe(201);
  expect(backend.received.map(({ url }) => url)).toEqual(["/api/csrf-token", "/api/posts"]);
});

test("signing out in one tab signs out the other", async () => {
  const { first, second } = await twoTabs();
  await first.auth.signIn(demo);
  const told = next(second, "signed-out");
  await first.auth.signOut();

  expect(await told).toMatchObject({ elsewhere: true, login: null });
  expect(await second.auth.session()).toBeNull();
});

test("two tabs that sign out at the same time are each told once", async () => {
  const { first, second } = await twoTabs();
  const bothIn = next(second, "signed-in");
  await first.auth.signIn(demo);
  await bothIn;
  const told = { first: 0, second: 0 };
  first.on("signed-out", () => void told.first++);
  second.on("signed-out", () => void told.second++);
  await Promise.all([first.auth.signOut(), second.auth.signOut()]);
  await heard();

  expect(told).toEqual({ first: 1, second: 1 });

  const again = next(second, "signed-out");
  const inAgain = next(second, "signed-in");
  await first.auth.signIn(demo);
  await inAgain;
  await first.auth.signOut();
  expect(await again).toMatchObject({ elsewhere: true });
});

test("an expiry seen in one tab is told to the other, once", async () => {
  const { backend, first, second } = await twoTabs();
  const bothIn = next(second, "signed-in");
  await first.auth.signIn(demo);
  await bothIn;
  let told = 0;
  second.on("session-expired", () => {
    told += 1;
  });
  const expired = next(second, "session-expired");
  backend.endAll();
  await first.api.GET("/api/posts");
  await expired;
  await second.api.GET("/api/posts");

  expect(told).toBe(1);
});

test("an expiry that both tabs see at the same time is told once in each", async () => {
  const { backend, first, second } = await twoTabs();
  const bothIn = next(second, "signed-in");
  await first.auth.signIn(demo);
  await bothIn;
  const told = [0, 0];
  [first, second].forEach((tab, index) => {
    tab.on("session-expired", () => {
      told[index] = (told[index] ?? 0) + 1;
    });
  });
  backend.endAll();
  await Promise.all([first, second].map((tab) => tab.api.GET("/api/posts")));
  await heard();

  expect(told).toEqual([1, 1]);
});

test("a form in one tab goes on when the person has signed in in another", async () => {
  const { first, second } = await twoTabs();
  const waiting = second.auth.signedInAgain();
  await first.auth.signIn(demo);

  expect((await waiting).subject).toBe(demo.email);
});

test("clients of different backends do not hear each other", async () => {
  const { first } = await twoTabs();
  const { first: foreign } = await twoTabs();
  let told = 0;
  foreign.on("signed-in", () => {
    told += 1;
  });
  await first.auth.signIn(demo);
  await heard();

  expect(told).toBe(0);
});

test("what a tab of another version tells besides, or in another form, changes nothing", async () => {
  const { backend, first } = await twoTabs();
  const { data: login } = await first.auth.signIn(demo);
  let told = 0;
  for (const name of ["signed-in", "signed-out", "session-expired"] as const) {
    first.on(name, () => void told++);
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
  await heard();

  expect(told).toBe(0);
  expect(await first.auth.session()).toEqual(login);
  expect(await first.auth.accessToken()).toBeNull();
});

test("a closed client hears nothing more", async () => {
  const { first, second } = await twoTabs();
  let told = 0;
  second.on("signed-in", () => {
    told += 1;
  });
  second.close();
  await first.auth.signIn(demo);
  await heard();

  expect(told).toBe(0);
});
