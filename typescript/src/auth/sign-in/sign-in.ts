/** Signing in and out, and the person's list of logins. Twin: flask_dovetail/auth. */
import type { Client } from "../contract/client.js";
import { unwrap } from "../contract/problem-error.js";
import { withData } from "../contract/result.js";
import type { Outside } from "../outside.js";
import type { KnownLogin } from "./known-login.js";
import type { AuthPaths, AuthResult, Credentials, Device, Login } from "./login.js";
import type { Exclusively } from "./tokens/exclusively.js";
import { OURS } from "./tokens/refresh.js";
import { readGrant } from "./tokens/token.js";

export interface Signal {
  /** Ends the waiting with its reason. */
  signal?: AbortSignal;
}

export interface Session {
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
   *
   * @param options `afresh`: waits for the next sign-in in any case, as after REAUTHENTICATION_REQUIRED.
   */
  signedInAgain(options?: Signal & { afresh?: boolean }): Promise<Login>;
  /** Where the person is signed in. */
  sessions(options?: Signal): Promise<AuthResult<Device[]>>;
  /** Ends one of the person's logins. Ending one's own is signing out. */
  endSession(id: string, options?: Signal): Promise<AuthResult<undefined>>;
  /** Ends all logins but this one; `data` is how many that were. */
  signOutOthers(options?: Signal): Promise<AuthResult<number>>;
}

export interface SessionOptions {
  client: Client<AuthPaths>;
  login: KnownLogin;
  /** Keeps the cookies of a sign-in and of a refresh under way from overwriting each other. */
  exclusively: Exclusively;
  outside: Outside;
}

export function createSession({ client, login, exclusively, outside }: SessionOptions): Session {
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

    signIn: (body, options) =>
      exclusively(() => {
        const asked = outside.now();
        return withData(client.POST("/auth/login", { ...options, body }), (data, response) => {
          const grant = readGrant(data, response, asked, outside);
          login.signedIn(grant);
          return grant.login;
        });
      }, options?.signal),

    signOut: (options) =>
      exclusively(
        () =>
          withData(
            client.POST("/auth/logout", { ...options, headers: OURS }),
            () => void login.signedOut(),
          ),
        options?.signal,
      ),

    signedInAgain: ({ afresh, signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const known = login.current();
        if (known && !afresh) {
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

    sessions: (options) => withData(client.GET("/auth/sessions", options), ({ items }) => items),

    endSession: (id, options) =>
      withData(
        client.DELETE("/auth/sessions/{id}", { ...options, params: { path: { id } } }),
        (): undefined => {
          if (login.current()?.id === id) {
            login.signedOut();
          }
        },
      ),

    signOutOthers: (options) =>
      withData(client.POST("/auth/logout-others", options), ({ ended }) => ended),
  };
}
