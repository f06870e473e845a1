/**
 * A small authority: cookies `sid` and `csrf`, CSRF tokens bound to either, and one protected resource that describes
 * the request. In the token strategy also the cookie `rt` and access tokens.
 */
import { type Families, serveFamilies } from "./families.js";
import {
  type Answer,
  type Handler,
  problem,
  type Received,
  serve,
  type TestServer,
} from "./server.js";
import { refreshAnswer } from "./vectors.js";

export interface BackendOptions {
  /** The kind of login that `/auth/login` begins. Session cookies are accepted in both. Default: session. */
  strategy?: "session" | "token";
  /** Answers requests that need no credentials. `null`: it is none of those. */
  open?(...request: Parameters<Handler>): ReturnType<Handler> | null;
  /** Answers for further protected resources. `null`: it is none of those. */
  resource?(request: Received, login: SignedIn): Answer | null;
}

export interface SignedIn {
  id: string;
  subject: string;
}

export interface Backend extends TestServer {
  /** The logins of the token strategy. */
  families: Families;
  /** Whether a login is still valid. */
  lives(id: string): boolean;
  /** Ends every login, as an administrator or a restart does. */
  endAll(): void;
  /** Replaces the secret, so that every CSRF token becomes invalid. */
  rotateSecret(): void;
  /** Replaces the answer of a path; `null`: no longer. */
  override(path: string, answer: ((request: Received) => Answer | Promise<Answer>) | null): void;
  /** Delays the answer to the next request of a path until `open()`. */
  delay(path: string, answer: Answer): { reached: Promise<void>; open(): void };
}

export async function serveBackend({
  strategy = "session",
  open = () => null,
  resource = () => null,
}: BackendOptions = {}): Promise<Backend> {
  const logins = new Map<string, SignedIn>();
  const families = serveFamilies();
  const overrides = new Map<string, (request: Received) => Answer | Promise<Answer>>();
  let loginCount = 0;
  let secret = 1;

  function login(subject: string) {
    loginCount += 1;
    const { login: example } = refreshAnswer("rotated").body as { login: SignedIn };
    return { ...example, id: `login-${loginCount}`, subject };
  }

  const server = await serve(async (request, raw) => {
    const path = request.url.split("?")[0] ?? "";
    const override = overrides.get(path);
    if (override) {
      return override(request);
    }
    const opened = await open(request, raw);
    if (opened) {
      return opened;
    }
    const cookies = new Map(
      (request.headers.cookie ?? "").split("; ").map((pair) => pair.split("=") as [string, string]),
    );
    const sid = cookies.get("sid");
    const seed = sid ?? cookies.get("csrf");
    const rt = cookies.get("rt");
    const token = (of: string | undefined) => `${secret}:${of}`;
    const bearer = /^Bearer (.*)/.exec(request.headers.authorization ?? "")?.[1];
    const isOurs = request.headers["x-requested-with"] === "XMLHttpRequest";

    if (path === "/api/csrf-token") {
      const anonymous = seed ?? `seed-${server.received.length}`;
      return {
        headers: seed ? {} : { "Set-Cookie": `csrf=${anonymous}; HttpOnly` },
        body: { csrf: token(anonymous) },
      };
    }
    if (path === "/auth/session") {
      return { body: { login: logins.get(sid ?? "") ?? families.login(rt) ?? null } };
    }
    if (path === "/auth/refresh" && strategy === "token") {
      return isOurs ? families.refresh(rt) : refreshAnswer("not-ours");
    }
    const needsToken =
      request.method !== "GET" &&
      bearer === undefined &&
      !(path === "/auth/login" && strategy === "token") &&
      !(path === "/auth/logout" && isOurs);
    if (needsToken && request.headers["x-csrf-token"] !== token(seed)) {
      return problem("CSRF_FAILED", 403);
    }
    if (path === "/auth/login") {
      const { email, password } = JSON.parse(String(request.body));
      if (password !== "right") {
        return problem("INVALID_CREDENTIALS", 401);
      }
      logins.delete(sid ?? "");
      families.end(rt);
      const newLogin = login(email);
      if (strategy === "token") {
        return families.begin(newLogin);
      }
      logins.set(newLogin.id, newLogin);
      return {
        headers: { "Set-Cookie": `sid=${newLogin.id}; HttpOnly` },
        body: { csrf: token(newLogin.id), login: newLogin },
      };
    }
    if (path === "/auth/logout") {
      logins.delete(sid ?? "");
      families.end(rt);
      return { status: 204, headers: { "Set-Cookie": ["sid=; Max-Age=0", "rt=; Max-Age=0"] } };
    }
    if (path.startsWith("/auth/providers") && request.method === "GET") {
      const title = "Example";
      const url = `${server.origin}/auth/providers/example/start`;
      return { body: { items: [{ name: "example", title, url }] } };
    }
    if (bearer !== undefined) {
      const refusal = families.judge(bearer);
      return refusal ?? protectedAnswer(request, families.bearer(bearer) as SignedIn);
    }
    const present = logins.get(sid ?? "");
    if (!sid || !present) {
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
    return protectedAnswer(request, present);
  });

  function protectedAnswer(request: Received, who: SignedIn): Answer {
    return resource(request, who) ?? echo(request);
  }

  function echo(request: Received): Answer {
    if (request.url === "/auth/connections") {
      return { body: { items: [{ id: "c-1", provider: "example", title: "Example" }] } };
    }
    if (request.url.startsWith("/auth/connections/")) {
      return request.url.endsWith("/c-1") ? { status: 204 } : problem("NOT_FOUND", 404);
    }
    if (request.url === "/auth/providers/example/connect") {
      return { body: { url: "https://id.example.com/authorize" } };
    }
    return request.method === "GET"
      ? { body: { items: [], next_cursor: null } }
      : { status: 201, body: { id: 1, title: "Joints", bytes: request.body.length } };
  }

  return Object.assign(server, {
    families,
    lives: (id: string) => logins.has(id) || families.lives(id),
    endAll() {
      logins.clear();
      families.endAll();
    },
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
    delay(path: string, answer: Answer) {
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
