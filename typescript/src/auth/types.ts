/** The answers of the login authority. Times are ISO 8601 in UTC. */
import type { JsonOf, ProblemOf, Result } from "../contract/result.js";
import type { paths } from "./paths.js";

/** The login of this browser. */
export type Login = NonNullable<JsonOf<paths["/auth/session"]["get"]>["login"]>;

/** One entry of the list "where you are signed in". */
export type Device = JsonOf<paths["/auth/sessions"]["get"]>["items"][number];

/** An outside provider that people can sign in with. */
export type Provider = JsonOf<paths["/auth/providers"]["get"]>["items"][number];

/** An outside identity that is connected to the account. */
export type Connection = JsonOf<paths["/auth/connections"]["get"]>["items"][number];

/** The email and password of a sign-in. */
export type Credentials =
  paths["/auth/login"]["post"]["requestBody"]["content"]["application/json"];

/** The result of a call to the authority. */
export type AuthResult<Data> = Result<Data, ProblemOf<unknown>>;

/** The option of calls that can be given up. */
export interface Signal {
  /** Rejects the call with its reason when it aborts. */
  signal?: AbortSignal;
}
