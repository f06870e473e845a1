/**
 * Signing in with an outside provider. The server runs the flow; the page only follows its addresses. Its twin is
 * flask_dovetail/auth/providers.
 */
import type { Client } from "../../contract/client.js";
import { withData } from "../../contract/result.js";
import type { paths as AuthPaths } from "../paths.js";
import type { AuthResult, Connection, Provider, Signal } from "../types.js";

/** Where a flow ends. */
export interface Next {
  /** The page to come back to: a path of the frontend, or an address on one of its origins. */
  next?: string;
}

/** Outside providers, and the identities that are connected to the account. */
export interface Providers {
  /** Lists the providers that people can sign in with. */
  providers(options?: Signal): Promise<AuthResult<Provider[]>>;
  /**
   * Leaves the page to sign in. The person comes back to `next`, or to the sign-in page with `?problem=` and the code.
   *
   * @param provider one of `providers()`, or its name.
   */
  signInWith(provider: Provider | string, options?: Next): void;
  /**
   * Leaves the page to connect an outside identity to the account. Problems: REAUTHENTICATION_REQUIRED when the
   * sign-in is not recent.
   */
  connect(name: string, options?: Next & Signal): Promise<AuthResult<undefined>>;
  /** Lists the outside identities that are connected to the account. */
  connections(options?: Signal): Promise<AuthResult<Connection[]>>;
  /** Disconnects one of them. Logins that began with it go on. Problems: REAUTHENTICATION_REQUIRED as with `connect`. */
  disconnect(id: string, options?: Signal): Promise<AuthResult<undefined>>;
}

/** Make the calls of outside providers, sent through `client`. */
export function createProviders(
  client: Client<AuthPaths>,
  baseUrl: string,
  navigate: (url: string) => void,
): Providers {
  return {
    providers: (options) => withData(client.GET("/auth/providers", options), ({ items }) => items),

    signInWith(provider, { next } = {}) {
      const url = new URL(
        typeof provider === "string"
          ? `${baseUrl}/auth/providers/${encodeURIComponent(provider)}/start`
          : provider.url,
      );
      if (next !== undefined) {
        url.searchParams.set("next", next);
      }
      navigate(url.href);
    },

    connect: (name, { next, signal } = {}) =>
      withData(
        client.POST("/auth/providers/{name}/connect", {
          params: { path: { name } },
          body: { next },
          signal,
        }),
        ({ url }) => void navigate(url),
      ),

    connections: (options) =>
      withData(client.GET("/auth/connections", options), ({ items }) => items),

    disconnect: (id, options) =>
      client.DELETE("/auth/connections/{connection_id}", {
        ...options,
        params: { path: { connection_id: id } },
      }),
  };
}
