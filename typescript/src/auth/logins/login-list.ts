/** The person's list of logins ("where you are signed in"), and ending them. */
import type { Client } from "../../contract/client.js";
import { withData } from "../../contract/result.js";
import type { paths as AuthPaths } from "../paths.js";
import type { AuthResult, Device, Signal } from "../types.js";
import type { KnownLogin } from "./known-login.js";

/** The logins of the person who is signed in. */
export interface LoginList {
  /** Lists where the person is signed in. */
  sessions(options?: Signal): Promise<AuthResult<Device[]>>;
  /** Ends one of the person's logins. Ending this browser's own is signing out. */
  endSession(id: string, options?: Signal): Promise<AuthResult<undefined>>;
  /** Ends all logins but this one. `data` is how many were ended. */
  signOutOthers(options?: Signal): Promise<AuthResult<number>>;
}

/** Make the calls of the list of logins, sent through `client`. */
export function createLoginList(client: Client<AuthPaths>, login: KnownLogin): LoginList {
  return {
    sessions: (options) => withData(client.GET("/auth/sessions", options), ({ items }) => items),

    endSession: (id, options) =>
      withData(
        client.DELETE("/auth/sessions/{login_id}", {
          ...options,
          params: { path: { login_id: id } },
        }),
        (): undefined => {
          if (login.current()?.id === id) {
            login.recordSignOut();
          }
        },
      ),

    signOutOthers: (options) =>
      withData(client.POST("/auth/logout-others", options), ({ ended }) => ended),
  };
}
