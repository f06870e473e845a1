/** Signing in and out, and the present login. Its twin is flask_dovetail/auth. */
import type { Client } from "../../contract/client.js";
import { unwrap } from "../../contract/problem-error.js";
import { withData } from "../../contract/result.js";
import type { Outside } from "../../core/outside.js";
import { singleFlight } from "../../core/single-flight.js";
import type { KnownLogin } from "../logins/known-login.js";
import type { paths as AuthPaths } from "../paths.js";
import { OWN_HEADERS } from "../request/own-headers.js";
import type { InOneTab } from "../tokens/tab-lock.js";
import { readGrant } from "../tokens/token.js";
import type { AuthResult, Credentials, Login, Signal, SignInResult } from "../types.js";

/**
 * Signing in and out.
 *
 * @typeParam Paths the contract of the app, which says what a sign-in takes and how it is refused.
 */
export interface SignIn<Paths = {}> {
  /**
   * Returns the login; `null`: nobody is signed in. Asks the server once and remembers; events keep it current.
   *
   * @param options `fresh`: asks again.
   * @throws ProblemError when the server answers with a problem.
   */
  session(options?: { fresh?: boolean }): Promise<Login | null>;
  /**
   * Signs in. Problems: INVALID_CREDENTIALS, VALIDATION_FAILED, TOO_MANY_REQUESTS (with `retryAfter`), and those that the
   * backend declares.
   */
  signIn(credentials: Credentials<Paths>, options?: Signal): Promise<SignInResult<Paths>>;
  /** Signs out. Succeeds also when nobody is signed in. */
  signOut(options?: Signal): Promise<AuthResult<undefined>>;
  /**
   * Resolves as soon as somebody is signed in: at once, or at the next sign-in in any tab. A form whose request met an
   * expired session waits for it before it sends again.
   *
   * @param options `afresh`: waits for the next sign-in in any case, as after REAUTHENTICATION_REQUIRED.
   */
  signedInAgain(options?: Signal & { afresh?: boolean }): Promise<Login>;
}

/** The dependencies of signing in. */
export interface SignInOptions {
  client: Client<AuthPaths>;
  login: KnownLogin;
  /** Prevents that the cookies of a sign-in and of a refresh overwrite each other. */
  inOneTab: InOneTab;
  outside: Outside;
}

/** Make the calls of signing in and out, sent through `client`. */
export function createSignIn({ client, login, inOneTab, outside }: SignInOptions): SignIn {
  const ask = singleFlight(async (): Promise<Login | null> => {
    const epoch = login.epoch();
    login.learn(unwrap(await client.GET("/auth/session")).login, epoch);
    return login.current() ?? null;
  });

  return {
    async session({ fresh = false } = {}) {
      const known = login.current();
      return known !== undefined && !fresh ? known : ask();
    },

    signIn: (body, options) =>
      inOneTab(() => {
        const requestedAt = outside.now();
        return withData(client.POST("/auth/login", { ...options, body }), (data, response) => {
          const grant = readGrant(data, response, requestedAt, outside);
          login.recordSignIn(grant);
          return grant.login;
        });
      }, options?.signal),

    signOut: (options) =>
      inOneTab(
        () =>
          withData(
            client.POST("/auth/logout", { ...options, headers: OWN_HEADERS }),
            () => void login.recordSignOut(),
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
  };
}
