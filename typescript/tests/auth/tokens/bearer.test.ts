/** One tab and its access token. */
import { expect, test } from "vitest";
import type { AuthEvent } from "../../../src/index.js";
import { demo, serveBackend } from "../../support/backend.js";
import { openTokenTab, type TabOptions } from "../../support/tab.js";

async function open(options: TabOptions = {}) {
  const backend = await serveBackend({ strategy: "token" });
  const jar = options.jar ?? new Map<string, string>();
  const tab = openTokenTab(backend.origin, { ...options, jar });
  const events: AuthEvent[] = [];
  for (const name of ["signed-in", "signed-out", "session-expired"] as const) {
    tab.on(name, (event) => events.push(event));
  }
  return { backend, jar, ...tab, events, names: () => events.map(({ name }) => name) };
}

async function signedIn(options: TabOptions = {}) {
  const opened = await open(options);
  await opened.auth.signIn(demo);
  opened.backend.received.length = 0;
  return opened;
}

const body = { title: "Joints" };

test("signing in is one request, and its token is sent with those that follow, without a CSRF token", async () => {
  const { backend, auth, api } = await open();
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

test("a page that opens for somebody signed in refreshes before its first request, and sees no 401", async () => {
  const { jar, backend } = await signedIn();
  const { auth, api } = openTokenTab(backend.origin, {
    jar,
    outside: { openChannel: () => null },
  });
  const [login, posts] = await Promise.all([auth.session(), api.GET("/api/posts")]);

  expect(login?.subject).toBe(demo.email);
  expect(posts.response.status).toBe(200);
  expect(backend.received.map(({ url }) => url)).toEqual([
    "/auth/session",
    "/auth/refresh",
    "/api/posts",
  ]);
});

test("a refused token is renewed once, and the request sent again with its body", async () => {
  const { backend, api } = await signedIn();
  backend.families.forgetKeys();
  const { data } = await api.POST("/api/posts", { body });

  expect(data).toMatchObject({ id: 1 });
  expect(backend.received.map(({ url }) => url)).toEqual([
    "/api/posts",
    "/auth/refresh",
    "/api/posts",
  ]);
  expect(String(backend.received[2]?.body)).toBe(JSON.stringify(body));
});
