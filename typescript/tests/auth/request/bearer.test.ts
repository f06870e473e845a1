/** One tab and its access token. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createBearer } from "../../../src/auth/request/bearer.js";
import { isProblemError, isUnexpectedBodyError } from "../../../src/index.js";
import { demo, serveBackend } from "../../support/backend.js";
import { openBrowser, openSignedIn } from "../../support/browser.js";
import { rejectionOf } from "../../support/rejection.js";
import { problem, serve } from "../../support/server.js";
import { openTab, openTokenTab } from "../../support/tab.js";

const body = { title: "Joints" };
const hour = 3600;

test("the token of the sign-in is sent with later requests, without a CSRF token", async () => {
  const { backend, open } = await openBrowser();
  const { auth, api } = open();
  const { data } = await auth.signIn(demo);
  expect(data).toMatchObject({ subject: demo.email });
  expect((await api.POST("/api/posts", { body })).response.status).toBe(201);
  await api.GET("/api/posts");

  expect(backend.received.map(({ url }) => url)).toEqual([
    "/auth/login",
    "/api/posts",
    "/api/posts",
  ]);
  for (const { headers } of backend.to("/api/posts")) {
    expect(headers.authorization).toBe("Bearer at-1");
    expect(headers).not.toHaveProperty("x-csrf-token");
    expect(headers).not.toHaveProperty("cookie");
  }
});

test("a page that opens with a login refreshes before its first request, and sees no 401", async () => {
  const { open, takePaths } = await openSignedIn();
  const { auth, api } = open({ outside: { openChannel: () => null } });
  const [login, posts] = await Promise.all([auth.session(), api.GET("/api/posts")]);

  expect(login?.subject).toBe(demo.email);
  expect(posts.response.status).toBe(200);
  expect(takePaths()).toEqual(["/auth/session", "/auth/refresh", "/api/posts"]);
});

test("a page without a login asks once, never refreshes, and sends requests without a token", async () => {
  const { backend, open, takePaths } = await openBrowser();
  const { api, auth } = open();
  backend.override("/api/posts", () => ({ body: { items: [], next_cursor: null } }));
  await Promise.all([api.GET("/api/posts"), api.GET("/api/posts"), auth.session()]);
  expect(takePaths()).toEqual(["/auth/session", "/api/posts", "/api/posts"]);
  await api.POST("/api/posts", { body });

  expect(takePaths()).toEqual(["/api/csrf-token", "/api/posts"]);
  expect(await auth.accessToken()).toBeNull();
});

test("a login by session cookie, from before the server switched to tokens, goes on with cookie and CSRF token", async () => {
  const session = await serveBackend();
  const jar = new Map<string, string>();
  await openTab(session.origin, { jar }).auth.signIn(demo);
  session.override("/auth/refresh", () => problem("UNAUTHENTICATED", 401));
  const { api, auth, on } = openTokenTab(session.origin, { jar });
  let ended = 0;
  on("session-expired", () => {
    ended += 1;
  });
  session.received.length = 0;

  expect((await api.POST("/api/posts", { body })).response.status).toBe(201);
  expect((await api.POST("/api/posts", { body })).response.status).toBe(201);
  expect(session.received.map(({ url }) => url)).toEqual([
    "/auth/session",
    "/auth/refresh",
    "/api/csrf-token",
    "/api/posts",
    "/api/posts",
  ]);
  expect(await auth.accessToken()).toBeNull();
  expect(ended).toBe(0);
  expect((await auth.signOut()).problem).toBeUndefined();
});

test("a server that went back to the session strategy is used with the cookie", async () => {
  const session = await serveBackend();
  session.override("/auth/refresh", () => problem("NOT_FOUND", 404));
  const jar = new Map<string, string>();
  const first = openTokenTab(session.origin, { jar });
  expect((await first.auth.signIn(demo)).data?.subject).toBe(demo.email);
  expect((await first.api.POST("/api/posts", { body })).response.status).toBe(201);
  const second = openTokenTab(session.origin, { jar, outside: { openChannel: () => null } });

  expect((await second.api.POST("/api/posts", { body })).response.status).toBe(201);
  expect(session.to("/auth/refresh")).toHaveLength(1);
});

test("an expired token is renewed once before all waiting requests are sent", async () => {
  const { backend, tab, pass, takePaths } = await openSignedIn();
  pass(hour);
  const results = await Promise.all([1, 2, 3].map(() => tab.api.GET("/api/posts")));

  expect(results.map(({ response }) => response.status)).toEqual([200, 200, 200]);
  expect(takePaths()).toEqual(["/auth/refresh", "/api/posts", "/api/posts", "/api/posts"]);
  expect(backend.families.generations()).toBe(1);
});

test("a clock that is an hour ahead or behind changes nothing", async () => {
  for (const ahead of [hour * 1000, -hour * 1000]) {
    const { clock, open, pass, takePaths } = await openBrowser();
    clock.ahead = ahead;
    const { auth, api } = open();
    await auth.signIn(demo);
    pass(600);
    await api.GET("/api/posts");
    expect(takePaths()).toEqual(["/auth/login", "/api/posts"]);
    pass(600);
    await api.GET("/api/posts");

    expect(takePaths()).toEqual(["/auth/refresh", "/api/posts"]);
  }
});

test("a clock that is set back costs one refresh at most, and nothing fails", async () => {
  const { clock, tab, pass, takePaths } = await openSignedIn();
  pass(60);
  clock.ahead = -hour * 1000;
  for (let request = 0; request < 3; request++) {
    expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  }
  expect(takePaths()).toEqual(["/auth/refresh", "/api/posts", "/api/posts", "/api/posts"]);
});

test("a token that expired while the clock stood still is renewed after the refusal", async () => {
  const { clock, tab, pass, takePaths } = await openSignedIn();
  pass(hour);
  clock.ahead = -hour * 1000;

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(takePaths()).toEqual(["/api/posts", "/auth/refresh", "/api/posts"]);
});

test("a token near its end is renewed in the background of a request", async () => {
  for (const [random, life] of [
    [0, 0.9],
    [0.999, 0.8],
  ] as const) {
    const { tab, pass, takePaths, backend } = await openSignedIn({
      outside: { random: () => random },
    });
    pass(900 * life - 10);
    await tab.api.GET("/api/posts");
    await sleep(20);
    expect(takePaths()).toEqual(["/api/posts"]);
    pass(20);
    const gate = backend.delay("/auth/refresh", { status: 503 });
    expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
    await gate.reached;
    gate.open();
    await expect.poll(() => backend.families.generations()).toBe(1);
    await tab.api.GET("/api/posts");

    expect(backend.to("/api/posts").at(-1)?.headers.authorization).toBe("Bearer at-2");
  }
});

test("a failed renewal in the background is not tried again until the token expires, and is no error", async () => {
  const { tab, pass, takePaths, backend } = await openSignedIn({ retry: { limit: 0 } });
  backend.override("/auth/refresh", () => problem("SERVICE_UNAVAILABLE", 503));
  pass(890);
  for (let request = 0; request < 3; request++) {
    expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
    await sleep(20);
  }
  expect(takePaths().filter((url) => url === "/auth/refresh")).toHaveLength(1);
  backend.override("/auth/refresh", null);
  pass(20);

  expect((await tab.api.GET("/api/posts")).response.status).toBe(200);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("a tab without requests does not keep its login alive", async () => {
  const { pass, takePaths } = await openSignedIn();
  pass(880);
  await sleep(50);
  pass(hour);
  await sleep(50);

  expect(takePaths()).toEqual([]);
});

test("a refused request is sent once more with a new token, its body intact, whatever its form", async () => {
  const form = () => {
    const data = new FormData();
    data.set("file", new Blob([new Uint8Array(200_000).fill(65)]), "big.txt");
    return data;
  };
  const bodies: [string, () => BodyInit, number][] = [
    ["FormData", form, 200_000],
    ["Blob", () => new Blob(["x".repeat(100_000)]), 100_000],
    ["bytes", () => new Uint8Array(70_000), 70_000],
    ["stream", () => new Blob(["y".repeat(90_000)]).stream(), 90_000],
  ];
  for (const [kind, make, bytes] of bodies) {
    const { backend, tab } = await openSignedIn();
    backend.families.forgetKeys();
    const { data } = await tab.api.POST("/api/picture", { body: make() as Blob });

    expect(data?.bytes, kind).toBeGreaterThanOrEqual(bytes);
    const [refused, accepted] = backend.to("/api/picture");
    expect(accepted?.body.equals(refused?.body as Buffer), kind).toBe(true);
    expect(accepted?.headers["content-type"]).toBe(refused?.headers["content-type"]);
  }
  const { backend, tab, takePaths } = await openSignedIn();
  backend.families.forgetKeys();
  await tab.api.POST("/api/posts", { body });
  const sent = backend.to("/api/posts").map((request) => String(request.body));

  expect(sent).toEqual([JSON.stringify(body), JSON.stringify(body)]);
  expect(takePaths()).toEqual(["/api/posts", "/auth/refresh", "/api/posts"]);
});

test("the four refusals of a credential are tried with a new token, and no other", async () => {
  for (const [code, status, again] of [
    ["INVALID_TOKEN", 401, true],
    ["TOKEN_EXPIRED", 401, true],
    ["SESSION_EXPIRED", 401, true],
    ["UNAUTHENTICATED", 401, true],
    ["REAUTHENTICATION_REQUIRED", 401, false],
    ["INVALID_CREDENTIALS", 401, false],
    ["INSUFFICIENT_SCOPE", 403, false],
  ] as const) {
    const { backend, tab, takePaths } = await openSignedIn();
    backend.override("/api/posts", () => {
      backend.override("/api/posts", null);
      return problem(code, status, { max_age: 600 });
    });
    const result = await tab.api.GET("/api/posts");

    expect(result.response.status, code).toBe(again ? 200 : status);
    expect(takePaths(), code).toHaveLength(again ? 3 : 1);
    expect(tab.names(), code).toEqual(["signed-in"]);
  }
});

test("a request is sent twice at most, and the caller gets the problem", async () => {
  const { backend, tab, takePaths } = await openSignedIn();
  backend.override("/api/posts", () => problem("INVALID_TOKEN", 401));

  expect((await tab.api.POST("/api/posts", { body })).problem?.code).toBe("INVALID_TOKEN");
  expect(takePaths()).toEqual(["/api/posts", "/auth/refresh", "/api/posts"]);
  expect(tab.names()).toEqual(["signed-in"]);
});

test("requests that are refused together share one refresh", async () => {
  const { backend, tab } = await openSignedIn();
  backend.families.forgetKeys();
  const results = await Promise.all([1, 2, 3, 4].map(() => tab.api.POST("/api/posts", { body })));

  expect(results.map(({ response }) => response.status)).toEqual([201, 201, 201, 201]);
  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("a refusal from before the renewal is tried with the newer token, without a refresh", async () => {
  const { backend, tab, takePaths } = await openSignedIn();
  const gate = backend.delay("/api/posts", problem("TOKEN_EXPIRED", 401));
  const late = tab.api.GET("/api/posts");
  await gate.reached;
  await tab.auth.accessToken({ fresh: true });
  gate.open();

  expect((await late).response.status).toBe(200);
  expect(takePaths()).toEqual(["/api/posts", "/auth/refresh", "/api/posts"]);
});

test("a request of one person is not sent again as another person", async () => {
  const { backend, tab } = await openSignedIn();
  const gate = backend.delay("/api/posts", problem("SESSION_EXPIRED", 401));
  const late = tab.api.POST("/api/posts", { body });
  await gate.reached;
  await tab.auth.signIn({ ...demo, email: "else@example.com" });
  gate.open();

  expect((await late).problem?.code).toBe("SESSION_EXPIRED");
  expect(backend.to("/api/posts")).toHaveLength(1);
  expect(tab.names()).toEqual(["signed-in", "signed-in"]);
});

test("a request of one person is not sent again as another person who signed in by session cookie", async () => {
  const { backend, tab } = await openSignedIn();
  const gate = backend.delay("/api/posts", problem("SESSION_EXPIRED", 401));
  const late = tab.api.POST("/api/posts", { body });
  await gate.reached;
  const login = { id: "2", subject: "else@example.com" };
  backend.override("/auth/login", () => ({ body: { csrf: "c", login } }));
  await tab.auth.signIn(demo);
  gate.open();

  expect((await late).problem?.code).toBe("SESSION_EXPIRED");
  expect(backend.to("/api/posts")).toHaveLength(1);
});

test("a request that was refused before the same person signed in again is sent with the new login", async () => {
  const { backend, tab } = await openSignedIn();
  const gate = backend.delay("/api/posts", problem("SESSION_EXPIRED", 401));
  const late = tab.api.POST("/api/posts", { body });
  await gate.reached;
  await tab.auth.signIn(demo);
  gate.open();

  expect((await late).response.status).toBe(201);
});

test("a caller that aborts during the renewal is rejected at once, and the others get the token", async () => {
  const { backend, tab, pass } = await openSignedIn();
  pass(hour);
  const gate = backend.delay("/auth/refresh", problem("SERVICE_UNAVAILABLE", 503));
  const controller = new AbortController();
  const leaving = rejectionOf(tab.api.GET("/api/posts", { signal: controller.signal }));
  const staying = tab.api.GET("/api/posts");
  const token = rejectionOf(tab.auth.accessToken({ signal: controller.signal }));
  await gate.reached;
  controller.abort("left");
  expect(await leaving).toBe("left");
  expect(await token).toBe("left");
  gate.open();

  expect((await staying).response.status).toBe(200);
  expect(backend.to("/api/posts")).toHaveLength(1);
});

test("signing out needs no CSRF token, and drops the access token", async () => {
  const { backend, tab, takePaths } = await openSignedIn();
  expect((await tab.auth.signOut()).problem).toBeUndefined();
  await tab.api.GET("/api/posts");

  expect(backend.to("/auth/logout")[0]?.headers["x-requested-with"]).toBe("XMLHttpRequest");
  expect(backend.to("/api/posts")[0]?.headers).not.toHaveProperty("authorization");
  expect(takePaths()).toEqual(["/auth/logout", "/api/posts"]);
  expect(tab.names()).toEqual(["signed-in", "signed-out"]);
});

test("signing out works as a page's first request", async () => {
  const { open, takePaths, backend } = await openSignedIn();
  const { auth } = open({ outside: { openChannel: () => null } });
  expect((await auth.signOut()).problem).toBeUndefined();

  expect(takePaths()).toEqual(["/auth/logout"]);
  expect(await auth.session()).toBeNull();
  expect(backend.families.generations()).toBe(0);
});

test("accessToken() returns the token of requests, and with `fresh` another one", async () => {
  const { tab, pass, backend, takePaths } = await openSignedIn();
  expect(await tab.auth.accessToken()).toBe("at-1");
  expect(await tab.auth.accessToken({ fresh: true })).toBe("at-2");
  pass(hour);
  expect(await tab.auth.accessToken()).toBe("at-3");
  expect(takePaths()).toEqual(["/auth/refresh", "/auth/refresh"]);
  pass(hour);
  backend.override("/auth/refresh", () =>
    problem("SERVICE_UNAVAILABLE", 503, { headers: { "Retry-After": "60" } }),
  );
  const error = await rejectionOf(tab.auth.accessToken());

  expect(isProblemError(error, "SERVICE_UNAVAILABLE") && error.problem.retryAfter).toBe(60);
});

test("session({ fresh: true }) finds a sign-in that no tab announced, and its token is requested", async () => {
  const { open, jar, takePaths } = await openBrowser();
  const quiet = { outside: { openChannel: () => null } };
  const [stranger, elsewhere] = [open(quiet), open(quiet)];
  expect(await stranger.auth.session()).toBeNull();
  await elsewhere.auth.signIn(demo);
  takePaths();
  expect(jar.has("rt")).toBe(true);

  expect(await stranger.auth.session({ fresh: true })).toMatchObject({ subject: demo.email });
  expect((await stranger.api.GET("/api/posts")).response.status).toBe(200);
  expect(takePaths()).toEqual(["/auth/session", "/auth/refresh", "/api/posts"]);
});

test("signedInAgain({ afresh: true }) waits for the next sign-in, not for the present login", async () => {
  const { backend, tab } = await openSignedIn();
  backend.override("/api/posts", () => problem("REAUTHENTICATION_REQUIRED", 401, { max_age: 600 }));
  const { problem: reason } = await tab.api.POST("/api/posts", { body });
  expect(reason).toMatchObject({ code: "REAUTHENTICATION_REQUIRED", max_age: 600 });
  const again = tab.auth.signedInAgain({ afresh: true });
  expect(await Promise.race([again, sleep(20)])).toBeUndefined();
  backend.override("/api/posts", null);
  const { data } = await tab.auth.signIn(demo);

  expect(await again).toEqual(data);
  expect((await tab.api.POST("/api/posts", { body })).response.status).toBe(201);
});

test("any other answer to a sign-in is an UnexpectedBodyError, and nobody is signed in", async () => {
  const login = { id: "login-1", subject: "demo" };
  const good = { access_token: "at-1", token_type: "Bearer", expires_in: 900, login };
  for (const answer of [
    {},
    { login },
    { ...good, login: null },
    { ...good, login: { subject: "demo" } },
    { ...good, access_token: 1 },
    { ...good, token_type: "DPoP" },
    { ...good, expires_in: "900" },
    { ...good, expires_in: 0 },
    { csrf: "token" },
  ]) {
    const { backend, open } = await openBrowser();
    backend.override("/auth/login", () => ({ body: answer }));
    const tab = open();

    expect(
      isUnexpectedBodyError(await rejectionOf(tab.auth.signIn(demo))),
      JSON.stringify(answer),
    ).toBe(true);
    expect(tab.names()).toEqual([]);
  }
});

test("the token is sent to the API's origin only, and not with a caller's own Authorization header", async () => {
  const token = {
    value: "secret",
    login: { id: "1", subject: "demo" },
    requestedAt: 0,
    renewal: 1e15,
    expiry: 1e15,
  };
  const { layer } = createBearer({
    baseUrl: "https://api.example.com",
    ownUrl: "https://api.example.com",
    login: { token: () => token } as unknown as Parameters<typeof createBearer>[0]["login"],
    refresh: async () => null,
    session: async () => null,
    now: Date.now,
  });
  const sent = async (url: string, headers = {}) => {
    let authorization: string | null = null;
    const transport = layer(async (request) => {
      authorization = request.headers.get("Authorization");
      return new Response();
    });
    await transport(new Request(url, { headers }), Infinity);
    return authorization;
  };

  expect(await sent("https://api.example.com/api/posts")).toBe("Bearer secret");
  expect(await sent("https://api.example.com.evil.example/api/posts")).toBeNull();
  expect(await sent("http://api.example.com/api/posts")).toBeNull();
  expect(await sent("https://api.example.com:8443/api/posts")).toBeNull();
  expect(await sent("https://api.example.com/auth/session")).toBeNull();
  expect(await sent("https://api.example.com/api/posts", { Authorization: "Basic x" })).toBe(
    "Basic x",
  );
});

test("the token does not follow a redirect to another origin", async () => {
  const { backend, tab } = await openSignedIn();
  const stranger = await serve(() => ({ body: { items: [], next_cursor: null } }));
  backend.override("/api/posts", () => ({
    status: 302,
    headers: { Location: `${stranger.origin}/steal` },
  }));
  await tab.api.GET("/api/posts");

  expect(stranger.to("/steal")).toHaveLength(1);
  expect(stranger.received[0]?.headers).not.toHaveProperty("authorization");
});

test("the session strategy uses no token", async () => {
  const backend = await serveBackend();
  const posted: unknown[] = [];
  const locks = { request: () => expect.fail("a lock was requested") };
  const { api, auth } = openTab(backend.origin, {
    outside: {
      locks,
      openChannel: () => ({
        addEventListener: () => {},
        postMessage: (message: { name: string }) => posted.push(message.name),
        close: () => {},
      }),
    },
  });
  await api.GET("/api/posts");
  await auth.signIn(demo);
  await api.POST("/api/posts", { body });
  expect(await auth.accessToken()).toBeNull();
  expect(await auth.accessToken({ fresh: true })).toBeNull();
  await auth.signOut();

  expect(posted).toEqual(["signed-in", "signed-out"]);
  expect(backend.received.map(({ url }) => url)).toEqual([
    "/api/posts",
    "/api/csrf-token",
    "/auth/login",
    "/api/posts",
    "/auth/logout",
  ]);
  expect(backend.received.every(({ headers }) => !("authorization" in headers))).toBe(true);
});
