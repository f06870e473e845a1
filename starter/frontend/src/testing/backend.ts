/** A backend at the outermost edge, in place of `fetch`: as little of the contract as the tests need. */

import { vi } from "vitest";

export interface Backend {
  /** Whether the browser's login is still good. */
  signedIn: boolean;
  /** `METHOD /path`, in order. */
  requests: string[];
  /** What was published. */
  posts: { title: string; body: string }[];
  /** Answers instead of the usual, by `METHOD /path`. */
  answers: Record<string, Response>;
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
  const backend: Backend = { signedIn: true, requests: [], posts: [], answers: {} };
  vi.stubGlobal("fetch", async (request: Request) => {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    backend.requests.push(call);
    return backend.answers[call] ?? usual(backend, call, request);
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
    case "POST /api/posts": {
      const post = (await request.json()) as { title: string; body: string };
      backend.posts.push(post);
      const made = { ...post, id: 7, author: profile, mine: true, edited_at: null };
      return Response.json({ ...made, created_at: "2026-01-01T00:00:00Z" }, { status: 201 });
    }
  }
  return problem(404, "NOT_FOUND");
}

export function problem(status: number, code: string, more: object = {}): Response {
  return Response.json(
    { type: `urn:dovetail:problem:${code}`, title: code, status, code, ...more },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
