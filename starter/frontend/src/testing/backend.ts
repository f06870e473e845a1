/** A backend at the outermost edge, in place of `fetch`: as little of the contract as the tests need. */

import { vi } from "vitest";
import { type Live, startLive } from "./live";

export interface Backend {
  /** Whether the browser's login is still good. */
  signedIn: boolean;
  /** `METHOD /path`, in order. */
  requests: string[];
  /** What was published. */
  posts: { title: string; body: string }[];
  /** Answers instead of the usual, by `METHOD /path`: once, or to each request. */
  answers: Record<string, Response | ((request: Request) => Response | Promise<Response>)>;
  live: Live;
}

const profile = {
  has_password: true,
  id: 1,
  email: "ada@example.com",
  name: "Ada",
  bio: "",
  joined_at: "2026-01-01T00:00:00Z",
};
const login = {
  id: "a",
  subject: "1",
  roles: [],
  scopes: ["posts:write"],
  created_at: "2026-01-01T00:00:00Z",
  expires_at: "2026-02-01T00:00:00Z",
};

export function startBackend(): Backend {
  const backend: Backend = {
    signedIn: true,
    requests: [],
    posts: [],
    answers: {},
    live: startLive(),
  };
  vi.stubGlobal("fetch", async (request: Request) => {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    backend.requests.push(call);
    const answer = backend.answers[call] ?? usual(backend, call, request);
    return typeof answer === "function" ? answer(request) : answer;
  });
  return backend;
}

async function usual(backend: Backend, call: string, request: Request): Promise<Response> {
  switch (call) {
    case "GET /api/csrf-token":
      return Response.json({ csrf: "token" });
    case "GET /auth/session":
      return Response.json({ login: backend.signedIn ? login : null });
    case "POST /auth/login": {
      const { password } = (await request.json()) as { password: string };
      if (password !== "right") {
        return problem(401, "INVALID_CREDENTIALS");
      }
      backend.signedIn = true;
      return Response.json({ csrf: "token", login });
    }
    case "GET /api/posts":
      return Response.json({ items: [], next_cursor: null });
  }
  if (!backend.signedIn) {
    return problem(401, "SESSION_EXPIRED");
  }
  switch (call) {
    case "GET /api/profile":
      return Response.json(profile);
    case "GET /api/notifications/unread":
      return Response.json({ unread: 0, seq: 0 });
    case "POST /api/posts": {
      const post = (await request.json()) as { title: string; body: string };
      backend.posts.push(post);
      return Response.json({ ...storedPost(7), ...post, mine: true }, { status: 201 });
    }
  }
  return problem(404, "NOT_FOUND");
}

/** A post as the server tells it: of somebody else, unless said otherwise. */
export function storedPost(id: number, more: object = {}) {
  return {
    id,
    title: `Post ${id}`,
    body: "…",
    author: { id: 2, name: "Bo", avatar: null },
    created_at: `2026-01-01T00:00:00.${String(id).padStart(3, "0")}Z`,
    edited_at: null,
    mine: false,
    likes: 0,
    liked: false,
    comments: 0,
    ...more,
  };
}

/** An answer that is yet to come. */
export function later() {
  let resolve: (answer: Response) => void = () => {};
  const promise = new Promise<Response>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export function page(items: readonly object[], next_cursor: string | null = null): Response {
  return Response.json({ items, next_cursor });
}

export function problem(status: number, code: string, more: object = {}): Response {
  return Response.json(
    { type: `urn:dovetail:problem:${code}`, title: code, status, code, ...more },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
