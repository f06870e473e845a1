import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createCsrf } from "../../../src/auth/request/csrf.js";
import { isNetworkError, isTimeoutError, isUnexpectedBodyError } from "../../../src/index.js";
import { demo, serveBackend } from "../../support/backend.js";
import { rejectionOf } from "../../support/rejection.js";
import { problem, serve } from "../../support/server.js";
import { openTab } from "../../support/tab.js";

const body = { title: "Joints" };

async function signedIn() {
  const backend = await serveBackend();
  const tab = openTab(backend.origin);
  await tab.auth.signIn(demo);
  backend.received.length = 0;
  return { backend, tab, api: tab.api };
}

test("no token is fetched for safe requests", async () => {
  const backend = await serveBackend();
  const { api, auth } = openTab(backend.origin);
  await api.GET("/api/posts");
  await auth.session();

  expect(backend.to("/api/csrf-token")).toHaveLength(0);
  expect(backend.received.every(({ headers }) => !("x-csrf-token" in headers))).toBe(true);
});

test("the first unsafe requests share one fetch of the token", async () => {
  const { backend, tab } = await signedIn();
  await tab.auth.signOut();
  backend.received.length = 0;
  const second = openTab(backend.origin);
  await Promise.all([1, 2, 3].map(() => second.auth.signIn({ ...demo, password: "wrong" })));
  await second.auth.signIn(demo);

  expect(backend.to("/api/csrf-token")).toHaveLength(1);
  expect(backend.to("/auth/login")).toHaveLength(4);
});

test("the token of the sign-in's answer is used without a fetch", async () => {
  const { backend, api } = await signedIn();
  const { response } = await api.POST("/api/posts", { body });

  expect(response.status).toBe(201);
  expect(backend.received.map(({ url }) => url)).toEqual(["/api/posts"]);
});

test("a request with a refused token is sent again once, with any form of body intact", async () => {
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
    const { backend, api } = await signedIn();
    backend.rotateSecret();
    const { data } = await api.POST("/api/picture", { body: make() as Blob });

    expect(data?.bytes, kind).toBeGreaterThanOrEqual(bytes);
    const [refused, accepted] = backend.to("/api/picture");
    expect(accepted?.body.equals(refused?.body as Buffer), kind).toBe(true);
    expect(accepted?.headers["content-type"]).toBe(refused?.headers["content-type"]);
    expect(backend.received.map(({ url }) => url)).toEqual([
      "/api/picture",
      "/api/csrf-token",
      "/api/picture",
    ]);
  }
});

test("requests that are refused together share one new token", async () => {
  const { backend, api } = await signedIn();
  backend.rotateSecret();
  const results = await Promise.all([1, 2, 3, 4].map(() => api.POST("/api/posts", { body })));

  expect(results.map(({ response }) => response.status)).toEqual([201, 201, 201, 201]);
  expect(backend.to("/api/csrf-token")).toHaveLength(1);
});

test("a request is sent twice at most, and the caller gets the problem", async () => {
  const { backend, api } = await signedIn();
  backend.override("/api/posts", () => problem("CSRF_FAILED", 403));
  const result = await api.POST("/api/posts", { body });

  expect(result.problem?.code).toBe("CSRF_FAILED");
  expect(backend.to("/api/posts")).toHaveLength(2);
});

test("no token is fetched after another 403", async () => {
  const { backend, api } = await signedIn();
  backend.override("/api/posts", () => problem("FORBIDDEN", 403));

  expect((await api.POST("/api/posts", { body })).problem?.code).toBe("FORBIDDEN");
  expect(backend.received).toHaveLength(1);
});

test("the token is dropped at the sign-out", async () => {
  const { backend, tab } = await signedIn();
  await tab.auth.signOut();
  backend.received.length = 0;
  await tab.auth.signIn(demo);

  expect(backend.received.map(({ url }) => url)).toEqual(["/api/csrf-token", "/auth/login"]);
});

test("a fetch from before a sign-in is neither waited for nor kept", async () => {
  const backend = await serveBackend();
  const jar = new Map();
  const tab = openTab(backend.origin, { jar });
  const other = openTab(backend.origin, { jar });
  const gate = backend.delay("/api/csrf-token", { body: { csrf: "stale" } });
  const controller = new AbortController();
  const early = rejectionOf(tab.api.POST("/api/posts", { body, signal: controller.signal }));
  await gate.reached;
  controller.abort("left");
  await early;
  const signedInHere = new Promise((resolve) => {
    tab.on("signed-in", resolve);
  });
  await other.auth.signIn(demo);
  await signedInHere;

  expect((await tab.api.POST("/api/posts", { body })).response.status).toBe(201);
  gate.open();
  await sleep(50);
  expect((await tab.api.POST("/api/posts", { body })).response.status).toBe(201);
  expect(backend.to("/api/posts")).toHaveLength(2);
});

test("a caller that aborts during the fetch is rejected at once, and the others get the token", async () => {
  const backend = await serveBackend();
  const { auth } = openTab(backend.origin);
  const gate = backend.delay("/api/csrf-token", { status: 404 });
  const controller = new AbortController();
  const leaving = rejectionOf(auth.signIn(demo, { signal: controller.signal }));
  const staying = auth.signIn(demo);
  await gate.reached;
  controller.abort("left");
  expect(await leaving).toBe("left");
  gate.open();

  expect((await staying).data?.subject).toBe(demo.email);
  expect(backend.to("/auth/login").length).toBeGreaterThan(0);
});

test("a fetch of the token that takes too long is a TimeoutError", async () => {
  const backend = await serveBackend();
  const { api } = openTab(backend.origin, { timeoutMs: 50, retry: { limit: 0 } });
  backend.delay("/api/csrf-token", { status: 404 });

  expect(isTimeoutError(await rejectionOf(api.POST("/api/posts", { body, timeoutMs: 5000 })))).toBe(
    true,
  );
});

test("the unsafe request is not sent when the token cannot be fetched, and its caller gets the reason", async () => {
  const backend = await serveBackend();
  const { api } = openTab(backend.origin);
  backend.override("/api/csrf-token", () =>
    problem("SERVICE_UNAVAILABLE", 503, { headers: { "Retry-After": "60" } }),
  );
  const results = await Promise.all([1, 2].map(() => api.POST("/api/posts", { body })));
  for (const { problem: reason } of results) {
    expect(reason).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryAfter: 60 });
  }

  backend.override("/api/csrf-token", () => ({
    headers: { "Content-Type": "text/html" },
    body: "<!doctype html>",
  }));
  expect(isUnexpectedBodyError(await rejectionOf(api.POST("/api/posts", { body })))).toBe(true);
  expect(backend.to("/api/posts")).toHaveLength(0);

  backend.override("/api/csrf-token", null);
  expect((await api.POST("/api/posts", { body })).problem?.code).toBe("UNAUTHENTICATED");
});

test("the fetch of the token is retried like any GET", async () => {
  const backend = await serveBackend();
  const { auth } = openTab(backend.origin);
  backend.override("/api/csrf-token", () => {
    backend.override("/api/csrf-token", null);
    return { status: 503 };
  });

  expect((await auth.signIn(demo)).data?.subject).toBe(demo.email);
});

test("an API without the endpoint is used without tokens", async () => {
  const foreign = await serve(({ url }) =>
    url === "/api/csrf-token" ? { status: 404 } : { status: 201, body: { id: 1, title: "x" } },
  );
  const { api } = openTab(foreign.origin);
  await api.POST("/api/posts", { body });
  await api.POST("/api/posts", { body });

  expect(foreign.to("/api/csrf-token")).toHaveLength(1);
  const sent = foreign.to("/api/posts");
  expect(sent).toHaveLength(2);
  expect(sent.every(({ headers }) => !("x-csrf-token" in headers))).toBe(true);
});

test("the token is sent to the API's origin only", async () => {
  const { layer } = createCsrf({
    baseUrl: "https://api.example.com",
    ownUrl: "https://api.example.com",
    credentials: "include",
    timeoutMs: 1000,
    network: async () => Response.json({ csrf: "token" }),
    now: Date.now,
  });
  const sent = async (url: string) => {
    let token: string | null = null;
    const transport = layer(async (request) => {
      token = request.headers.get("X-CSRF-Token");
      return new Response();
    });
    await transport(new Request(url, { method: "POST" }), Infinity);
    return token;
  };

  expect(await sent("https://api.example.com/api/posts")).toBe("token");
  expect(await sent("https://api.example.com.evil.example/api/posts")).toBeNull();
  expect(await sent("http://api.example.com/api/posts")).toBeNull();
  expect(await sent("https://api.example.com:8443/api/posts")).toBeNull();
});

test("the token does not follow a redirect", async () => {
  const { backend, api } = await signedIn();
  const stranger = await serve(() => ({ status: 201, body: {} }));
  backend.override("/api/posts", () => ({
    status: 307,
    headers: { Location: `${stranger.origin}/steal` },
  }));

  expect(isNetworkError(await rejectionOf(api.POST("/api/posts", { body })))).toBe(true);
  expect(stranger.received).toHaveLength(0);
});
