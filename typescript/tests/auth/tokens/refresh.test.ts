/** Refreshes whose answer is late, lost or a refusal, or is overtaken by signing in or out. */
import { expect, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import {
  isNetworkError,
  isProblemError,
  isTimeoutError,
  isUnexpectedBodyError,
} from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { openBrowser, openSignedIn } from "../../support/browser.js";
import { rejectionOf } from "../../support/rejection.js";
import { problem } from "../../support/server.js";

const body = { title: "Joints" };
const hour = 3600;
const down = problem("SERVICE_UNAVAILABLE", 503);

/** Makes a `fetch` that loses the answers that `isLost` selects. The server has answered all the same. */
function losing(isLost: (request: Request) => boolean): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await outside.fetch(request);
    if (isLost(request)) {
      throw new TypeError("network error");
    }
    return response;
  };
}

const isRefresh = ({ url }: Request) => url.endsWith("/auth/refresh");

// Without locks a sign-out or a sign-in can overtake a refresh, whose answer must then be dropped.
const unlocked = { outside: { locks: null, openChannel: () => null, random: () => 0 } };
const late = {
  body: {
    access_token: "at-late",
    token_type: "Bearer",
    expires_in: 900,
    login: { id: "login-1", subject: demo.email },
  },
};

test("a refresh carries X-Requested-With instead of a CSRF token, and no body", async () => {
  const { backend, tab } = await openSignedIn();
  await tab.auth.accessToken({ fresh: true });
  const [{ method, headers, body: sent } = expect.fail("none came")] = backend.to("/auth/refresh");

  expect({ method, bytes: sent.length }).toEqual({ method: "POST", bytes: 0 });
  expect(headers["x-requested-with"]).toBe("XMLHttpRequest");
  expect(headers.cookie).toContain("rt=");
  expect(headers).not.toHaveProperty("authorization");
  expect(headers).not.toHaveProperty("x-csrf-token");
});

test("a refresh whose answer was lost is sent again and gets the same token", async () => {
  let lost = 0;
  const fetch = losing((request) => isRefresh(request) && lost++ < 2);
  const { backend, tab, pass } = await openSignedIn({ outside: { fetch } });
  pass(hour);

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(backend.to("/auth/refresh")).toHaveLength(3);
  expect(backend.families.generations()).toBe(1);
  pass(hour);
  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a refresh without an answer is sent a second time before the grace window closes", async () => {
  const waits: number[] = [];
  const { backend, tab, pass } = await openSignedIn({
    outside: {
      sleep: async (ms, signal) => {
        waits.push(ms);
        await outside.sleep(ms / 100, signal);
      },
    },
  });
  pass(hour);
  const gate = backend.delay("/auth/refresh", down);

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(waits).toEqual([3000]);
  expect(backend.to("/auth/refresh")).toHaveLength(2);
  gate.open();
});

test("a refresh is retried after 429, 502, 503 and 504", async () => {
  for (const status of [429, 502, 503, 504]) {
    const { backend, tab, pass } = await openSignedIn();
    pass(hour);
    backend.override("/auth/refresh", () => {
      backend.override("/auth/refresh", null);
      return { status };
    });

    expect((await tab.api.POST("/api/posts", { body })).response.status, `${status}`).toBe(201);
    expect(backend.to("/auth/refresh")).toHaveLength(2);
  }
});

test("a failed refresh is the request's problem; the login stays, and the next request tries again", async () => {
  const { backend, tab, pass, takePaths } = await openSignedIn();
  pass(hour);
  backend.override("/auth/refresh", () => down);
  const results = await Promise.all([
    tab.api.GET("/api/posts"),
    tab.api.POST("/api/posts", { body }),
  ]);
  expect(results.map((result) => result.problem?.code)).toEqual(
    Array(2).fill(down.body && "SERVICE_UNAVAILABLE"),
  );
  expect(takePaths()).toEqual(Array(4).fill("/auth/refresh"));
  backend.override("/auth/refresh", null);

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(tab.names()).toEqual(["signed-in"]);
  expect(await tab.auth.session()).toMatchObject({ subject: demo.email });
});

test("a long Retry-After is not waited for: the caller gets the problem at once", async () => {
  const { backend, tab, pass } = await openSignedIn();
  pass(hour);
  backend.override("/auth/refresh", () =>
    problem("TOO_MANY_REQUESTS", 429, { headers: { "Retry-After": "3" } }),
  );
  const { problem: reason } = await tab.api.GET("/api/posts");

  expect(reason).toMatchObject({ code: "TOO_MANY_REQUESTS", retryAfter: 3 });
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("being offline does not sign out: requests throw, and succeed when the connection is back", async () => {
  let isOffline = false;
  const { tab, pass, takePaths } = await openSignedIn({
    outside: {
      fetch: (request) =>
        isOffline ? Promise.reject(new TypeError("offline")) : outside.fetch(request),
    },
  });
  pass(hour);
  isOffline = true;
  expect(isNetworkError(await rejectionOf(tab.api.GET("/api/posts")))).toBe(true);
  expect(isNetworkError(await rejectionOf(tab.auth.accessToken()))).toBe(true);
  isOffline = false;

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(takePaths()).toEqual(["/auth/refresh", "/api/posts"]);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a page that opens offline throws, and learns the login when the connection is back", async () => {
  const { open } = await openSignedIn();
  let isOffline = true;
  const tab = open({
    outside: {
      openChannel: () => null,
      fetch: (request) =>
        isOffline ? Promise.reject(new TypeError("offline")) : outside.fetch(request),
    },
  });
  expect(isNetworkError(await rejectionOf(tab.api.GET("/api/posts")))).toBe(true);
  isOffline = false;

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(await tab.auth.session()).toMatchObject({ subject: demo.email });
});

test("a request succeeds even when /auth/session fails", async () => {
  const { backend, open } = await openSignedIn();
  backend.override("/auth/session", () =>
    problem("SERVICE_UNAVAILABLE", 503, { headers: { "Retry-After": "60" } }),
  );
  const tab = open({ outside: { openChannel: () => null } });

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
});

test("a refresh updates the login", async () => {
  const { backend, tab } = await openSignedIn();
  const login = { id: "login-1", subject: demo.email, roles: ["staff"] };
  backend.override("/auth/refresh", () => ({ body: { ...late.body, login } }));
  await tab.auth.accessToken({ fresh: true });

  expect(await tab.auth.session()).toEqual(login);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a refresh has a time limit of its own, not the first caller's", async () => {
  const { backend, tab, pass } = await openSignedIn({ timeoutMs: 200 });
  pass(hour);
  const gate = backend.delay("/auth/refresh", down);
  const hasty = rejectionOf(tab.api.GET("/api/posts", { timeoutMs: 50 }));
  const patient = rejectionOf(tab.api.GET("/api/posts", { timeoutMs: 5000 }));
  expect(await hasty).toMatchObject({ timeoutMs: 50 });
  expect(await patient).toMatchObject({ timeoutMs: 200 });
  gate.open();

  expect(isTimeoutError(await patient)).toBe(true);
  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
});

test("a definite refusal ends the login: one event with its code, and a problem for every waiting caller", async () => {
  for (const code of ["SESSION_EXPIRED", "REFRESH_REUSED", "UNAUTHENTICATED"]) {
    const { backend, tab, pass, takePaths } = await openSignedIn();
    pass(hour);
    backend.override("/auth/refresh", () => problem(code, 401));
    const results = await Promise.all([1, 2].map(() => tab.api.POST("/api/posts", { body })));

    expect(results.map((result) => result.problem?.code)).toEqual([code, code]);
    expect(takePaths()).toEqual(["/auth/refresh"]);
    expect(tab.events.slice(1)).toEqual([
      { name: "session-expired", login: null, elsewhere: false, code },
    ]);
    expect(await tab.auth.session()).toBeNull();
    expect(await tab.auth.accessToken()).toBeNull();
  }
});

test("a reused refresh cookie ends its login, also in a page that just opened", async () => {
  const { backend, jar, open, tab, pass } = await openSignedIn();
  const stolen = jar.get("rt") ?? "";
  await tab.auth.accessToken({ fresh: true });
  pass(60);
  jar.set("rt", stolen);
  backend.override("/auth/session", () => ({
    body: { login: { id: "login-1", subject: "demo" } },
  }));
  const other = open({ outside: { openChannel: () => null } });
  const { problem: reason } = await other.api.GET("/api/posts");

  expect(reason?.code).toBe("REFRESH_REUSED");
  expect(other.events).toMatchObject([{ name: "session-expired", code: "REFRESH_REUSED" }]);
});

test("a login that ended elsewhere expires with the first request, after one refresh", async () => {
  const { backend, tab, takePaths } = await openSignedIn();
  backend.endAll();
  const { problem: reason } = await tab.api.POST("/api/posts", { body });

  expect(reason?.code).toBe("SESSION_EXPIRED");
  expect(takePaths()).toEqual(["/api/posts", "/auth/refresh"]);
  expect(tab.names()).toEqual(["signed-in", "session-expired"]);
});

test("after an expiry a form waits for the sign-in and sends its request again", async () => {
  const { backend, tab } = await openSignedIn();
  backend.endAll();
  const send = async () => {
    const result = await tab.api.POST("/api/posts", { body });
    if (result.problem?.code !== "SESSION_EXPIRED") {
      return result;
    }
    await tab.auth.signedInAgain();
    return tab.api.POST("/api/posts", { body });
  };
  const sending = send();
  await expect.poll(tab.names).toContain("session-expired");
  await tab.auth.signIn(demo);

  expect((await sending).response.status).toBe(201);
});

test("any other refusal of the refresh is the request's answer, and does not end the login", async () => {
  for (const [code, status] of [
    ["ORIGIN_NOT_ALLOWED", 403],
    ["AMBIGUOUS_COOKIE", 400],
    ["INTERNAL_ERROR", 500],
    ["INVALID_TOKEN", 401],
  ] as const) {
    const { backend, tab, pass } = await openSignedIn();
    pass(hour);
    backend.override("/auth/refresh", () => problem(code, status));

    expect((await tab.api.GET("/api/posts")).problem?.code).toBe(code);
    expect(tab.names()).toEqual(["signed-in"]);
  }
});

test("any other answer to the refresh throws, and does not end the login", async () => {
  const login = { id: "login-1", subject: demo.email };
  for (const answer of [
    { headers: { "Content-Type": "text/html" }, body: "<!doctype html>" },
    { body: { login, csrf: "token" } },
    { body: { login, access_token: "at", token_type: "Bearer", expires_in: -1 } },
  ]) {
    const { backend, tab, pass } = await openSignedIn();
    pass(hour);
    backend.override("/auth/refresh", () => answer);

    expect(isUnexpectedBodyError(await rejectionOf(tab.api.GET("/api/posts")))).toBe(true);
    expect(tab.names()).toEqual(["signed-in"]);
  }
});

test("a refresh does not follow a redirect", async () => {
  const { backend, tab, pass } = await openSignedIn();
  pass(hour);
  backend.override("/auth/refresh", () => ({ status: 307, headers: { Location: "/api/posts" } }));

  expect(isNetworkError(await rejectionOf(tab.api.GET("/api/posts")))).toBe(true);
  expect(backend.to("/api/posts")).toHaveLength(0);
});

test("a late answer to a refresh does not undo a sign-out", async () => {
  const { backend, tab, pass } = await openSignedIn(unlocked);
  pass(hour);
  const gate = backend.delay("/auth/refresh", late);
  const waiting = tab.api.GET("/api/posts");
  await gate.reached;
  await tab.auth.signOut();
  gate.open();

  expect((await waiting).problem?.code).toBe("UNAUTHENTICATED");
  expect(backend.to("/api/posts")[0]?.headers).not.toHaveProperty("authorization");
  expect(await tab.auth.accessToken()).toBeNull();
  expect(await tab.auth.session()).toBeNull();
  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
});

test("a refresh that is refused because of the sign-out is no expiry", async () => {
  const { backend, tab, pass } = await openSignedIn(unlocked);
  pass(hour);
  const gate = backend.delay("/auth/refresh", problem("SESSION_EXPIRED", 401));
  const waiting = tab.api.GET("/api/posts");
  await gate.reached;
  await tab.auth.signOut();
  gate.open();

  expect((await waiting).problem?.code).toBe("UNAUTHENTICATED");
  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
});

test("a request during a sign-out neither delays it nor undoes it", async () => {
  const { backend, tab, pass, takePaths } = await openSignedIn();
  pass(hour);
  const gate = backend.delay("/auth/logout", { status: 204 });
  const leaving = tab.auth.signOut();
  await gate.reached;
  const waiting = tab.api.GET("/api/posts");
  gate.open();
  await leaving;

  expect((await waiting).problem?.code).toBe("UNAUTHENTICATED");
  expect(takePaths()).toEqual(["/auth/logout", "/api/posts"]);
  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
});

test("a request that was refused during a sign-out is sent again without a token", async () => {
  const { backend, tab } = await openSignedIn();
  const gate = backend.delay("/api/posts", problem("TOKEN_EXPIRED", 401));
  const waiting = tab.api.POST("/api/posts", { body });
  await gate.reached;
  await tab.auth.signOut();
  gate.open();

  expect((await waiting).problem?.code).toBe("UNAUTHENTICATED");
  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
});

test("a late answer to a refresh does not undo another tab's sign-in without a token", async () => {
  const { backend, open } = await openSignedIn({ outside: { openChannel: () => null } });
  const tab = open({ outside: { locks: null, random: () => 0 } });
  const gate = backend.delay("/auth/refresh", late);
  const waiting = tab.api.GET("/api/posts");
  await gate.reached;
  const channel = new BroadcastChannel(`dovetail:auth:${backend.origin}`);
  channel.postMessage({ name: "signed-in", login: { id: "by-cookie", subject: "else" } });
  await expect.poll(tab.names).toEqual(["signed-in"]);
  channel.close();
  backend.override("/auth/refresh", () => problem("UNAUTHENTICATED", 401));
  gate.open();
  await waiting;

  expect((await tab.auth.session())?.id).toBe("by-cookie");
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a late answer to a refresh, good or bad, does not change a new login", async () => {
  for (const answer of [late, problem("REFRESH_REUSED", 401)]) {
    const { backend, tab, pass } = await openSignedIn(unlocked);
    pass(hour);
    const gate = backend.delay("/auth/refresh", answer);
    const waiting = tab.api.GET("/api/posts");
    await gate.reached;
    await tab.auth.signIn(demo);
    gate.open();

    expect((await waiting).response.status).toBe(200);
    expect(await tab.auth.accessToken()).toBe("at-2");
    expect((await tab.auth.session())?.id).toBe("login-2");
    expect(tab.names()).toEqual(["signed-in", "signed-in"]);
  }
});

test("a refresh that a sign-in of another page has overtaken is sent again for the new login", async () => {
  const quiet = { locks: null, openChannel: () => null };
  const { backend, tab, open, pass } = await openSignedIn({ outside: quiet });
  pass(hour);
  const gate = backend.delay("/auth/refresh", late);
  const waiting = tab.api.GET("/api/posts");
  await gate.reached;
  await open({ outside: quiet }).auth.signIn(demo);
  await tab.auth.session({ fresh: true });
  gate.open();

  expect((await waiting).response.status).toBe(200);
  expect(await tab.auth.accessToken()).toBe("at-3");
  expect(tab.names()).toEqual(["signed-in", "signed-in"]);
});

test("signing in waits for a refresh under way, whose cookie would overwrite its own", async () => {
  const { backend, jar, tab, pass, takePaths } = await openSignedIn();
  pass(hour);
  const gate = backend.delay("/auth/refresh", {
    ...late,
    headers: { "Set-Cookie": "rt=handle-of-login-1.1; Path=/auth" },
  });
  const waiting = tab.api.GET("/api/posts");
  await gate.reached;
  const again = tab.auth.signIn(demo);
  gate.open();
  await again;
  await waiting;

  expect(takePaths().slice(0, 2)).toEqual(["/auth/refresh", expect.stringMatching(/posts|login/)]);
  expect(jar.get("rt")).toBe("handle-of-login-2.0");
  expect((await tab.auth.session())?.id).toBe("login-2");
});

test("a single tab works without Web Locks", async () => {
  const { backend, open } = await openBrowser();
  const tab = open(unlocked);
  await tab.auth.signIn(demo);
  const token = await tab.auth.accessToken({ fresh: true });

  expect(token).toBe("at-2");
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("accessToken() throws the refusal of its refresh as a ProblemError", async () => {
  const { backend, tab } = await openSignedIn();
  backend.override("/auth/refresh", () => problem("SESSION_EXPIRED", 401));

  expect(
    isProblemError(await rejectionOf(tab.auth.accessToken({ fresh: true })), "SESSION_EXPIRED"),
  ).toBe(true);
});
