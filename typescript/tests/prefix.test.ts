/** An API that is mounted below a path: every address of the package is below it. */
import { Manager } from "socket.io-client";
import { expect, test, vi } from "vitest";
import { createDovetail } from "../src/index.js";
import { demo, serveBackend } from "./support/backend.js";
import { expectLoginRound } from "./support/login-round.js";
import { openTab } from "./support/tab.js";

const PREFIX = "/app";

/** Sends what is below the prefix to a backend that has none, as a proxy does. */
function proxy(paths: string[]) {
  return async (request: Request): Promise<Response> => {
    const { origin, pathname, search } = new URL(request.url);
    paths.push(pathname);
    if (!pathname.startsWith(`${PREFIX}/`)) {
      return new Response(null, { status: 404 });
    }
    return fetch(new Request(origin + pathname.slice(PREFIX.length) + search, request));
  };
}

test.each(["session", "token"] as const)("a login works below the prefix: %s", async (strategy) => {
  const backend = await serveBackend({ strategy });
  const paths: string[] = [];
  const tab = openTab(backend.origin, {
    config: { apiOrigin: backend.origin, apiPrefix: PREFIX, authStrategy: strategy },
    outside: { fetch: proxy(paths), locks: navigator.locks },
  });

  await expectLoginRound(tab, backend, strategy);
  expect(paths.every((path) => path.startsWith(`${PREFIX}/`))).toBe(true);
});

test("outside sign-in begins below the prefix", () => {
  const navigate = vi.fn();
  const { auth } = createDovetail({
    config: { apiOrigin: "https://example.com", apiPrefix: PREFIX },
    outside: { navigate },
  });
  auth.signInWith("google", { next: "/notes" });
  expect(navigate).toHaveBeenCalledWith(
    "https://example.com/app/auth/providers/google/start?next=%2Fnotes",
  );
});

test.each([
  ["", "/socket.io"],
  [PREFIX, "/app/socket.io"],
])("sockets are below %j, too", async (apiPrefix, path) => {
  const backend = await serveBackend();
  const opened: unknown[] = [];
  const { auth, realtime } = openTab(backend.origin, {
    config: { apiOrigin: backend.origin, apiPrefix },
    outside: {
      fetch: apiPrefix ? proxy([]) : fetch,
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
