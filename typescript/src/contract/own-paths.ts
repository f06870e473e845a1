/** Which paths of a document are Dovetail's own. */

/**
 * Dovetail's own paths among those of a document, without the prefix that they have been moved below
 * (`DOVETAIL_ROUTES_PREFIX`). The document itself tells the prefix, by the path of the CSRF token.
 *
 * @typeParam Paths the `paths` that openapi-typescript writes.
 */
export type OwnPaths<Paths> = {
  [Path in keyof Paths as Path extends `${PrefixOf<Paths>}${infer Own extends OwnPath}`
    ? Own
    : never]: Paths[Path];
};

type OwnPath =
  | `/${"auth" | "files" | "api/notifications"}${"" | `/${string}`}`
  | "/api/csrf-token"
  | "/api/me";

/** Where there are two, the other one is the app's own. */
type PrefixOf<Paths> = [Exclude<Prefixes<keyof Paths>, "">] extends [never]
  ? ""
  : Exclude<Prefixes<keyof Paths>, "">;

type Prefixes<Path> = Path extends `${infer Prefix}/api/csrf-token` ? Prefix : never;
