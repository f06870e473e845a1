/** Dovetail's own routes have been moved: the package finds them, and the app's routes stay where they are. */
import { Manager } from "socket.io-client";
import { expect, test, vi } from "vitest";
import { createDovetail } from "../src/index.js";
import { demo, serveBackend } from "./support/backend.js";
import { expectLoginRound } from "./support/login-round.js";
import { openTab } from "./support/tab.js";

const MOVED = "/_dovetail";
const OWN = /^\/(?:auth|files|api\/(?:me|csrf-token|notifications))(?:\/|$)/;

/** Knows Dovetail's own routes below the prefix only, and the others beside it. */
function move(paths: string[], prefix = MOVED) {
  return async (request: Request): Promise<Response> => {
    const { origin, pathname, search } = new URL(request.url);
    paths.push(pathname);
    const isMoved = pathname.startsWith(`${prefix}/`);
    const path = isMoved ? pathname.slice(prefix.length) : pathname;
    if (isMoved !== OWN.test(path)) {
      return Response.json({ code: "NOT_FOUND" }, { status: 404 });
    }
    return fetch(new Request(origin + path + search, request));
  };
}

test.each(["session", "token"] as const)("a login works: %s", async (strategy) => {
  const backend = await serveBackend({ strategy });
  const paths: string[] = [];
  const tab = openTab(backend.origin, {
    config: { apiOrigin: backend.origin, routesPrefix: MOVED, authStrategy: strategy },
    outside: { fetch: move(paths), locks: navigator.locks },
  });

  await expectLoginRound(tab, backend, strategy);
  expect(paths).toContain("/api/posts");
  expect(paths.filter((path) => OWN.test(path))).toEqual([]);
});

test("the app's own route of the same name gets its CSRF token", async () => {
  const sent: Request[] = [];
  const { api } = createDovetail<{
    "/auth/login": { post: { responses: { 204: { content?: never } } } };
  }>({
    config: { apiOrigin: "https://example.com", routesPrefix: MOVED, authStrategy: "token" },
    outside: {
      fetch: async (request) => {
        sent.push(request);
        return request.url.endsWith("/_dovetail/api/csrf-token")
          ? Response.json({ csrf: "token" })
          : request.url.endsWith("/_dovetail/auth/session")
            ? Response.json({ login: null })
            : new Response(null, { status: 204 });
      },
    },
  });
  await api.POST("/auth/login");
  expect(sent.at(-1)?.headers.get("X-CSRF-Token")).toBe("token");
});

test("own calls Dovetail's routes where they are, below both prefixes", async () => {
  const paths: string[] = [];
  const answer = { content: { "application/json": { items: [] as string[] } } };
  const { api, own } = createDovetail<{
    "/_dovetail/api/csrf-token": { get: { responses: { 200: typeof answer } } };
    "/_dovetail/files": { get: { responses: { 200: typeof answer } } };
    "/files": { get: { responses: { 200: typeof answer } } };
  }>({
    config: { apiOrigin: "https://example.com", apiPrefix: "/app", routesPrefix: MOVED },
    outside: {
      fetch: async (request) => {
        paths.push(new URL(request.url).pathname);
        return Response.json({ items: [] });
      },
    },
  });
  expect((await own.GET("/files")).data?.items).toEqual([]);
  await api.GET("/files");
  await api.GET("/_dovetail/files");
  // @ts-expect-error: not one of the document's
  await own.GET("/files/none");
  expect(paths.slice(0, 3)).toEqual(["/app/_dovetail/files", "/app/files", "/app/_dovetail/files"]);
});

test("outside sign-in begins there", () => {
  const navigate = vi.fn();
  const { auth } = createDovetail({
    config: { apiOrigin: "https://example.com", routesPrefix: MOVED },
    outside: { navigate },
  });
  auth.signInWith("google");
  expect(navigate).toHaveBeenCalledWith(
    "https://example.com/_dovetail/auth/providers/google/start",
  );
});

test.each([
  ["", "/_dovetail/socket.io"],
  ["/app", "/app/_dovetail/socket.io"],
])("sockets are there, below %j", async (apiPrefix, path) => {
  const backend = await serveBackend();
  const opened: unknown[] = [];
  const { auth, realtime } = openTab(backend.origin, {
    config: { apiOrigin: backend.origin, apiPrefix, routesPrefix: MOVED },
    outside: {
      fetch: move([], apiPrefix + MOVED),
      async openSocket(url, options) {
        opened.push(options?.path);
        return new Manager(url, options);
      },
    },
  });
  await auth.signIn(demo);
  realtime.onUnread(() => {});
  await vi.waitFor(() => expect(opened).toEqual([path]));
});
