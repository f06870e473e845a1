import { expect, onTestFinished, test } from "vitest";
import type { AuthEvent } from "../../../src/index.js";
import { isNetworkError, isProblemError } from "../../../src/index.js";
import { demo, serveBackend } from "../../support/backend.js";
import { rejectionOf } from "../../support/rejection.js";
import { problem } from "../../support/server.js";
import { openTab, openTokenTab } from "../../support/tab.js";

async function open() {
  const backend = await serveBackend();
  const tab = openTab(backend.origin);
  const events: AuthEvent[] = [];
  for (const name of ["signed-in", "signed-out", "session-expired"] as const) {
    tab.on(name, (event) => events.push(event));
  }
  return { backend, ...tab, names: () => events.map(({ name }) => name), events };
}

const postIt = { body: { title: "Joints" } };

test("session() asks the server once and then follows sign-in and sign-out", async () => {
  const { backend, auth } = await open();
  expect(await Promise.all([auth.session(), auth.session()])).toEqual([null, null]);
  expect(await auth.session()).toBeNull();
  expect(backend.to("/auth/session")).toHaveLength(1);

  const { data } = await auth.signIn(demo);
  expect(data).toMatchObject({ subject: demo.email, scopes: ["posts:read", "posts:write"] });
  expect(await auth.session()).toEqual(data);
  await auth.signOut();
  expect(await auth.session()).toBeNull();
  expect(backend.to("/auth/session")).toHaveLength(1);
});

test("session({ fresh: true }) asks again, and a login that is gone has expired", async () => {
  const { backend, auth, names } = await open();
  await auth.signIn(demo);
  expect(await auth.session({ fresh: true })).toMatchObject({ subject: demo.email });
  backend.endAll();

  expect(await auth.session({ fresh: true })).toBeNull();
  expect(names()).toEqual(["signed-in", "session-expired"]);
});

test("session({ fresh: true }) finds a sign-in that no tab announced, as after an outside provider", async () => {
  for (const strategy of ["session", "token"] as const) {
    const backend = await serveBackend({ strategy });
    const openOne = strategy === "token" ? openTokenTab : openTab;
    const jar = new Map<string, string>();
    const tab = openOne(backend.origin, { jar });
    const behind = openOne(backend.origin, { jar, outside: { openChannel: () => null } });
    await tab.auth.signIn(demo);
    const again = tab.auth.signedInAgain({ afresh: true });
    const events: AuthEvent[] = [];
    tab.on("signed-in", (event) => events.push(event));

    const { data } = await behind.auth.signIn(demo);
    expect(await tab.auth.session({ fresh: true })).toEqual(data);
    expect(await again).toEqual(data);
    expect(await tab.auth.session({ fresh: true })).toEqual(data);
    expect(events).toEqual([{ name: "signed-in", login: data, elsewhere: true }]);
    expect((await tab.api.POST("/api/posts", postIt)).response.status).toBe(201);
  }
});

test("session() throws the problem of a server in trouble, and asks again the next time", async () => {
  const { backend, auth } = await open();
  backend.override("/auth/session", () =>
    problem("SERVICE_UNAVAILABLE", 503, { headers: { "Retry-After": "60" } }),
  );
  expect(isProblemError(await rejectionOf(auth.session()), "SERVICE_UNAVAILABLE")).toBe(true);
  backend.override("/auth/session", null);

  expect(await auth.session()).toBeNull();
});

test("a late answer to session() does not undo a sign-in", async () => {
  const { backend, auth, names } = await open();
  const gate = backend.delay("/auth/session", { body: { login: null } });
  const early = auth.session();
  await gate.reached;
  await auth.signIn(demo);
  gate.open();

  expect(await early).toMatchObject({ subject: demo.email });
  expect(await auth.session()).toMatchObject({ subject: demo.email });
  expect(names()).toEqual(["signed-in"]);
});

test("a request of a listener carries the new login's CSRF token", async () => {
  const { backend, api, auth, on } = await open();
  const sent = new Promise((resolve) => {
    on("signed-in", () => resolve(api.POST("/api/posts", postIt)));
  });
  await auth.signIn(demo);

  expect(await sent).toMatchObject({ response: { status: 201 } });
  expect(backend.to("/api/posts")).toHaveLength(1);
});

test("wrong credentials are a problem, and change nothing", async () => {
  const { auth, names } = await open();
  const { data, problem: reason } = await auth.signIn({ ...demo, password: "wrong" });

  expect(data).toBeUndefined();
  expect(reason?.code).toBe("INVALID_CREDENTIALS");
  expect(names()).toEqual([]);
});

test("signing in and out are events with the login", async () => {
  const { auth, events } = await open();
  await auth.signIn(demo);
  await auth.signOut();

  expect(events).toMatchObject([
    { name: "signed-in", login: { subject: demo.email }, elsewhere: false },
    { name: "signed-out", login: null, elsewhere: false },
  ]);
});

test("a sign-out that did not reach the server leaves everything as it was", async () => {
  const { backend, auth, names } = await open();
  await auth.signIn(demo);
  backend.override("/auth/logout", () => problem("SERVICE_UNAVAILABLE", 503));

  expect((await auth.signOut()).problem?.code).toBe("SERVICE_UNAVAILABLE");
  expect(await auth.session()).not.toBeNull();
  expect(names()).toEqual(["signed-in"]);
});

test("an expired session is one event, and every caller gets its problem", async () => {
  const { backend, api, auth, names } = await open();
  await auth.signIn(demo);
  backend.endAll();
  const results = await Promise.all([
    api.GET("/api/posts"),
    api.POST("/api/posts", postIt),
    api.GET("/api/posts"),
  ]);
  await api.GET("/api/posts");

  expect(results.map((result) => result.problem?.code)).toEqual(Array(3).fill("SESSION_EXPIRED"));
  expect(names()).toEqual(["signed-in", "session-expired"]);
  expect(await auth.session()).toBeNull();
});

test("the expiry after the next sign-in is an event again", async () => {
  const { backend, api, auth, names } = await open();
  for (let round = 0; round < 2; round++) {
    await auth.signIn(demo);
    backend.endAll();
    await api.GET("/api/posts");
  }

  expect(names()).toEqual(["signed-in", "session-expired", "signed-in", "session-expired"]);
});

test("SESSION_EXPIRED is an event also before session() was called", async () => {
  const { backend, names, api } = await open();
  backend.override("/api/posts", () => problem("SESSION_EXPIRED", 401));
  await api.GET("/api/posts");

  expect(names()).toEqual(["session-expired"]);
});

test("UNAUTHENTICATED is an expiry only when somebody was signed in", async () => {
  const { backend, api, auth, names } = await open();
  await auth.session();
  await api.GET("/api/posts");
  expect(names()).toEqual([]);

  await auth.signIn(demo);
  backend.override("/api/posts", () => problem("UNAUTHENTICATED", 401));
  await api.GET("/api/posts");
  expect(names()).toEqual(["signed-in", "session-expired"]);
});

test("a 401 of another server, such as a proxy, does not end the login", async () => {
  const { backend, api, auth, names } = await open();
  await auth.signIn(demo);
  backend.override("/api/posts", () => ({ status: 401, body: "Basic" }));
  const { problem: reason } = await api.GET("/api/posts");

  expect(reason?.code).toBe("UNAUTHENTICATED");
  expect(names()).toEqual(["signed-in"]);
});

test("a late refusal of a request from before the sign-in does not end the new login", async () => {
  const { backend, api, auth, names } = await open();
  await auth.signIn(demo);
  const gate = backend.delay("/api/posts", problem("SESSION_EXPIRED", 401));
  const late = api.GET("/api/posts");
  await gate.reached;
  await auth.signIn(demo);
  gate.open();

  expect((await late).problem?.code).toBe("SESSION_EXPIRED");
  expect(names()).toEqual(["signed-in", "signed-in"]);
  expect(await auth.session()).not.toBeNull();
});

test("a form waits for signedInAgain() and then sends its request again", async () => {
  const { backend, api, auth } = await open();
  await auth.signIn(demo);
  backend.endAll();
  const send = async () => {
    const result = await api.POST("/api/posts", postIt);
    if (result.problem?.code !== "SESSION_EXPIRED") {
      return result;
    }
    await auth.signedInAgain();
    return api.POST("/api/posts", postIt);
  };
  const sending = send();
  await auth.signIn(demo);

  expect((await sending).response.status).toBe(201);
});

test("signedInAgain() resolves at once when somebody has signed in already", async () => {
  const { auth } = await open();
  await auth.signIn(demo);

  expect((await auth.signedInAgain()).subject).toBe(demo.email);
});

test("signedInAgain() rejects with the reason of its signal", async () => {
  const { auth } = await open();
  const controller = new AbortController();
  const waiting = rejectionOf(auth.signedInAgain({ signal: controller.signal }));
  controller.abort("closed");

  expect(await waiting).toBe("closed");
  expect(await rejectionOf(auth.signedInAgain({ signal: AbortSignal.abort("gone") }))).toBe("gone");
});

test("a person lists their logins and ends the others", async () => {
  const backend = await serveBackend();
  const [here, there] = [openTab(backend.origin), openTab(backend.origin, { jar: new Map() })];
  await here.auth.signIn(demo);
  await there.auth.signIn(demo);
  const { data: logins } = await here.auth.sessions();
  expect(logins?.map(({ current }) => current)).toEqual([true, false]);

  expect((await here.auth.signOutOthers()).data).toBe(1);
  expect((await here.auth.sessions()).data).toHaveLength(1);
  expect((await here.auth.endSession("login-99")).problem?.code).toBe("NOT_FOUND");
});

test("ending this browser's login is a sign-out; ending another one is not", async () => {
  const { backend, auth, names } = await open();
  const there = openTab(backend.origin, { outside: { openChannel: () => null } });
  const { data: other } = await there.auth.signIn(demo);
  const { data: own } = await auth.signIn(demo);
  await auth.endSession(other?.id ?? "");
  expect(names()).toEqual(["signed-in"]);

  await auth.endSession(own?.id ?? "");
  expect(names()).toEqual(["signed-in", "signed-out"]);
  expect(await auth.session()).toBeNull();
});

test("an unsubscribed listener is not called; one that subscribed twice is called twice", async () => {
  const { auth, on } = await open();
  let calls = 0;
  const listener = () => {
    calls += 1;
  };
  const [stop] = [on("signed-in", listener), on("signed-in", listener)];
  await auth.signIn(demo);
  expect(calls).toBe(2);
  stop();
  await auth.signIn(demo);

  expect(calls).toBe(3);
});

test("signing in without a connection throws, as every call does", async () => {
  const { auth } = openTab("http://127.0.0.1:9");

  expect(isNetworkError(await rejectionOf(auth.signIn(demo)))).toBe(true);
});

test("an error of one listener stops neither the others nor the call, and is reported", async () => {
  const { auth, on, names } = await open();
  const surfaced: unknown[] = [];
  const handlers = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => surfaced.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const handler of handlers) {
      process.on("uncaughtException", handler);
    }
  });
  on("signed-out", () => {
    throw new Error("a listener's fault");
  });
  let calls = false;
  on("signed-out", () => {
    calls = true;
  });
  await auth.signIn(demo);

  expect((await auth.signOut()).problem).toBeUndefined();
  expect(calls).toBe(true);
  expect(names()).toEqual(["signed-in", "signed-out"]);
  expect(String(surfaced)).toContain("a listener's fault");
});
