/** Signing in and out, and the person's list of logins. Twin: flask_dovetail/auth. */
import type { Client } from "../contract/client.js";
import { unwrap } from "../contract/problem-error.js";
import type { KnownLogin } from "./known-login.js";
import type { AuthPaths, AuthResult, Credentials, Device, Login } from "./login.js";

export interface Signal {
  /** Ends the waiting with its reason. */
  signal?: AbortSignal;
}

export interface Auth {
  /**
   * Who is signed in; `null`: nobody. Asks the server once and remembers; events keep it current.
   *
   * @param options `fresh`: asks again.
   * @throws ProblemError when the server answers with a problem.
   */
  session(options?: { fresh?: boolean }): Promise<Login | null>;
  /** Problems: INVALID_CREDENTIALS, VALIDATION_FAILED, TOO_MANY_REQUESTS (with `retryAfter`). */
  signIn(credentials: Credentials, options?: Signal): Promise<AuthResult<Login>>;
  /** Also succeeds when nobody is signed in. */
  signOut(options?: Signal): Promise<AuthResult<undefined>>;
  /**
   * Resolves as soon as somebody is signed in: at once, or at the next sign-in, here or in another tab. What a form
   * waits for, after its request met an expired session, before it sends again.
   */
  signedInAgain(options?: Signal): Promise<Login>;
  /** Where the person is signed in. */
  sessions(options?: Signal): Promise<AuthResult<Device[]>>;
  /** Ends one of the person's logins. Ending one's own is signing out. */
  endSession(id: string, options?: Signal): Promise<AuthResult<undefined>>;
  /** Ends all logins but this one; `data` is how many that were. */
  signOutOthers(options?: Signal): Promise<AuthResult<number>>;
}

export function createAuth(client: Client<AuthPaths>, login: KnownLogin): Auth {
  let asking: Promise<Login | null> | undefined;

  async function ask(): Promise<Login | null> {
    const epoch = login.epoch();
    login.learn(unwrap(await client.GET("/auth/session")).login, epoch);
    return login.current() ?? null;
  }

  return {
    async session({ fresh = false } = {}) {
      const known = login.current();
      if (known !== undefined && !fresh) {
        return known;
      }
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },

    async signIn(body, options) {
      const result = await client.POST("/auth/login", { ...options, body });
      if (result.problem) {
        return result;
      }
      login.signedIn(result.data.login, result.data.csrf);
      return { data: result.data.login, response: result.response };
    },

    async signOut(options) {
      const result = await client.POST("/auth/logout", options);
      if (!result.problem) {
        login.signedOut();
      }
      return result;
    },

    signedInAgain: ({ signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const known = login.current();
        if (known) {
          resolve(known);
          return;
        }
        const stop = login.events.on("signed-in", (event) => {
          stop();
          signal?.removeEventListener("abort", abort);
          resolve(event.login as Login);
        });
        const abort = () => {
          stop();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      }),

    async sessions(options) {
      const result = await client.GET("/auth/sessions", options);
      return result.problem ? result : { data: result.data.items, response: result.response };
    },

    async endSession(id, options) {
      const result = await client.DELETE("/auth/sessions/{id}", {
        ...options,
        params: { path: { id } },
      });
      if (!result.problem && login.current()?.id === id) {
        login.signedOut();
      }
      return result;
    },

    async signOutOthers(options) {
      const result = await client.POST("/auth/logout-others", options);
      return result.problem ? result : { data: result.data.ended, response: result.response };
    },
  };
}
