/**
 * The authority's wire, small: cookies `sid` and `csrf`, tokens bound to whichever is sent, and one protected resource
 * that echoes what it was sent.
 */
import { type Answer, problem, type Received, serve, type TestServer } from "./server.js";

export interface Backend extends TestServer {
  /** Ends every login, as an administrator or a restart would. */
  endAll(): void;
  /** Replaces the secret: every token becomes invalid. */
  rotateSecret(): void;
  /** Answers the next requests to a path in another way. */
  override(path: string, answer: ((request: Received) => Answer | Promise<Answer>) | null): void;
  /** Keeps the next request to a path waiting for this answer until the gate is opened. */
  hold(path: string, answer: Answer): { reached: Promise<void>; open(): void };
}

export async function serveBackend(): Promise<Backend> {
  const logins = new Map<string, object>();
  const overrides = new Map<string, (request: Received) => Answer | Promise<Answer>>();
  let made = 0;
  let secret = 1;

  function login(subject: string) {
    made += 1;
    const id = `login-${made}`;
    logins.set(id, {
      id,
      subject,
      roles: [],
      scopes: ["posts:write"],
      created_at: "2026-01-01T00:00:00Z",
      expires_at: "2026-01-15T00:00:00Z",
    });
    return id;
  }

  const server = await serve(async (request) => {
    const path = request.url.split("?")[0] ?? "";
    const override = overrides.get(path);
    if (override) {
      return override(request);
    }
    const cookies = new Map(
      (request.headers.cookie ?? "").split("; ").map((pair) => pair.split("=") as [string, string]),
    );
    const sid = cookies.get("sid");
    const seed = sid ?? cookies.get("csrf");
    const token = (of: string | undefined) => `${secret}:${of}`;

    if (path === "/api/csrf-token") {
      const anonymous = seed ?? `seed-${server.received.length}`;
      return {
        headers: seed ? {} : { "Set-Cookie": `csrf=${anonymous}; HttpOnly` },
        body: { csrf: token(anonymous) },
      };
    }
    if (path === "/auth/session") {
      return { body: { login: logins.get(sid ?? "") ?? null } };
    }
    if (request.method !== "GET" && request.headers["x-csrf-token"] !== token(seed)) {
      return problem("CSRF_FAILED", 403);
    }
    if (path === "/auth/login") {
      const { email, password } = JSON.parse(String(request.body));
      if (password !== "right") {
        return problem("INVALID_CREDENTIALS", 401);
      }
      logins.delete(sid ?? "");
      const id = login(email);
      return {
        headers: { "Set-Cookie": `sid=${id}; HttpOnly` },
        body: { csrf: token(id), login: logins.get(id) },
      };
    }
    if (path === "/auth/logout") {
      logins.delete(sid ?? "");
      return { status: 204, headers: { "Set-Cookie": "sid=; Max-Age=0" } };
    }
    if (!sid || !logins.has(sid)) {
      return sid ? problem("SESSION_EXPIRED", 401) : problem("UNAUTHENTICATED", 401);
    }
    if (path === "/auth/sessions") {
      return { body: { items: [...logins.keys()].map((id) => ({ id, current: id === sid })) } };
    }
    if (path.startsWith("/auth/sessions/")) {
      return logins.delete(path.split("/").at(-1) ?? "")
        ? { status: 204 }
        : problem("NOT_FOUND", 404);
    }
    if (path === "/auth/logout-others") {
      const others = [...logins.keys()].filter((id) => id !== sid);
      for (const id of others) {
        logins.delete(id);
      }
      return { body: { ended: others.length } };
    }
    return request.method === "GET"
      ? { body: { items: [], next_cursor: null } }
      : { status: 201, body: { id: 1, title: "Joints", bytes: request.body.length } };
  });

  return Object.assign(server, {
    endAll: () => logins.clear(),
    rotateSecret: () => {
      secret += 1;
    },
    override(path: string, answer: Parameters<Backend["override"]>[1]) {
      if (answer) {
        overrides.set(path, answer);
      } else {
        overrides.delete(path);
      }
    },
    hold(path: string, answer: Answer) {
      const reached = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      overrides.set(path, async () => {
        overrides.delete(path);
        reached.resolve();
        await opened.promise;
        return answer;
      });
      return { reached: reached.promise, open: opened.resolve };
    },
  });
}

export const demo = { email: "demo@example.com", password: "right" };
