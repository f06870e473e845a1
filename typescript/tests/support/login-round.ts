/** A login from its beginning to its end, for APIs whose addresses are others. */

import { expect } from "vitest";
import type { Dovetail } from "../../src/index.js";
import { type Backend, demo } from "./backend.js";
import type { paths } from "./paths.js";

/** Sign in, write, renew the token and sign out, with as many requests to `backend` as that needs. */
export async function expectLoginRound(
  { api, auth }: Pick<Dovetail<paths>, "api" | "auth">,
  backend: Backend,
  strategy: "session" | "token",
): Promise<void> {
  expect((await auth.signIn(demo)).problem).toBeUndefined();
  expect((await api.POST("/api/posts", { body: { title: "a" } })).problem).toBe(undefined);
  expect(await auth.accessToken({ fresh: true })).toEqual(
    strategy === "token" ? expect.any(String) : null,
  );
  expect((await auth.signOut()).problem).toBeUndefined();
  // Sign-in and sign-out need no CSRF token where there are access tokens.
  expect(backend.to("/api/csrf-token")).toHaveLength(strategy === "token" ? 0 : 1);
  expect(backend.to("/auth/refresh")).toHaveLength(strategy === "token" ? 1 : 0);
}
