import { expect, test } from "vitest";
import { isNetworkError, isUnexpectedBodyError } from "../../src/index.js";
import { demo, serveBackend } from "../support/backend.js";
import { caught } from "../support/caught.js";
import { problem, serve } from "../support/server.js";
import { openTab } from "../support/tab.js";

const body = { title: "Joints" };

async function signedIn() {
  const backend = await serveBackend();
  const tab = openTab(backend.origin);
  await tab.auth.signIn(demo);
  backend.received.length = 0;
  return { backend, tab, api: tab.api };
}

test("safe requests need no token: none is fetched", async () => {
  const backend = await serveBackend();
  const { api, auth } = openTab(backend.origin);
  await api.GET("/api/posts");
  await auth.session();

  expect(backend.to("/api/csrf-token")).toHaveLength(0);
  expect(backend.received.every(({ headers }) => !("x-csrf-token" in headers))).toBe(true);
});

test("the first unsafe request fetches the token, and all share that one fetch", async () => {
  const { backend, tab } = await signedIn();
  await tab.auth.signOut();
  backend.received.length = 0;
  const second = openTab(backend.origin);
  await Promise.all([1, 2, 3].map(() => second.auth.signIn({ ...demo, password: "wrong" })));
  await second.auth.signIn(demo);

  expect(backend.to("/api/csrf-token")).toHaveLength(1);
  expect(backend.to("/auth/login")).toHaveLength(4);
});

test("the token of the login answer is used at once: no fetch follows", async () => {
  const { backend, api } = await signedIn();
  const { response } = await api.POST("/api/posts", { body });

  expect(response.status).toBe(201);
  expect(backend.received.map(({ url }) => url)).toEqual(["/api/posts"]);
});

test("a refused token heals once, with the body intact, whatever its form", async () => {
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

test("many requests refused together share one new token", async () => {
  const { backend, api } = await signedIn();
  backend.rotateSecret();
  const results = await Promise.all([1, 2, 3, 4].map(() => api.POST("/api/posts", { body })));

  expect(results.map(({ response }) => response.status)).toEqual([201, 201, 201, 201]);
  expect(backend.to("/api/csrf-token")).toHaveLength(1);
});

test("a server that keeps refusing is asked twice and no more, and the caller gets the problem", async () => {
  const { backend, api } = await signedIn();
  backend.override("/api/posts", () => problem("CSRF_FAILED", 403));
  const result = await api.POST("/api/posts", { body });

  expect(result.problem?.code).toBe("CSRF_FAILED");
  expect(backend.to("/api/posts")).toHaveLength(2);
});

test("another 403 is no reason to fetch a token", async () => {
  const { backend, api } = await signedIn();
  backend.override("/api/posts", () => problem("FORBIDDEN", 403));

  expect((await api.POST("/api/posts", { body })).problem?.code).toBe("FORBIDDEN");
  expect(backend.received).toHaveLength(1);
});

test("after signing out the old token is gone", async () => {
  const { backend, tab } = await signedIn();
  await tab.auth.signOut();
  backend.received.length = 0;
  await tab.auth.signIn(demo);

  expect(backend.received.map(({ url }) => url)).toEqual(["/api/csrf-token", "/auth/login"]);
});

test("a token that was under way when somebody signed in does not replace the login's", async () => {
  const backend = await serveBackend();
  const jar = new Map();
  const tab = openTab(backend.origin, { jar });
  const other = openTab(backend.origin, { jar });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  backend.override("/api/csrf-token", async () => {
    await held;
    return { body: { csrf: "stale" } };
  });
  const early = tab.api.POST("/api/posts", { body });
  while (backend.to("/api/csrf-token").length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  backend.override("/api/csrf-token", null);
  const signedInHere = new Promise((resolve) => tab.on("signed-in", resolve));
  await other.auth.signIn(demo);
  await signedInHere;
  release();

  expect((await early).response.status).toBe(201);
  expect((await tab.api.POST("/api/posts", { body })).response.status).toBe(201);
  expect(
    backend.to("/api/posts").filter((sent) => sent.headers["x-csrf-token"] === "stale"),
  ).toHaveLength(1);
});

test("a caller that aborts while the token is fetched leaves the others their token", async () => {
  const backend = await serveBackend();
  const { auth } = openTab(backend.origin);
  const controller = new AbortController();
  const leaving = caught(auth.signIn(demo, { signal: controller.signal }));
  const staying = auth.signIn(demo);
  controller.abort("left");

  expect(await leaving).toBe("left");
  expect((await staying).data?.subject).toBe(demo.email);
  expect(backend.to("/api/csrf-token")).toHaveLength(1);
  expect(backend.to("/auth/login")).toHaveLength(1);
});

test("when the token cannot be had, the unsafe request is not sent, and its caller hears why", async () => {
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
  expect(isUnexpectedBodyError(await caught(api.POST("/api/posts", { body })))).toBe(true);
  expect(backend.to("/api/posts")).toHaveLength(0);

  backend.override("/api/csrf-token", null);
  expect((await api.POST("/api/posts", { body })).problem?.code).toBe("UNAUTHENTICATED");
});

test("the token's fetch is retried like any GET", async () => {
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

test("the token never leaves the API's origin: neither by an odd path nor by a redirect", async () => {
  const { backend, tab } = await signedIn();
  const stranger = await serve(() => ({ status: 201, body: {} }));
  const port = new URL(stranger.origin).port;
  const api = tab.api as unknown as {
    POST(path: string, init: object): Promise<{ response: Response }>;
  };
  await caught(api.POST(`@127.0.0.1:${port}/steal`, { body }).then(() => Promise.reject("sent")));
  backend.override("/api/posts", () => ({
    status: 307,
    headers: { Location: `${stranger.origin}/steal` },
  }));

  expect(isNetworkError(await caught(api.POST("/api/posts", { body })))).toBe(true);
  expect(stranger.received.every(({ headers }) => !("x-csrf-token" in headers))).toBe(true);
});
