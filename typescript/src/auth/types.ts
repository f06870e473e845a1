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

/**
 * The body of a sign-in: an email and a password, and what else the backend asks for (`Dovetail(credentials=…)`).
 *
 * @typeParam Paths the contract of the app. Without one, or where it says nothing of the sign-in: email and password.
 */
export type Credentials<Paths = {}> = Body<LoginOf<Paths>>;

/** The result of a call to the authority. */
export type AuthResult<Data> = Result<Data, ProblemOf<unknown>>;

/** The result of a sign-in, with the problems that the backend declares for it (`Dovetail(login_problems=…)`). */
export type SignInResult<Paths = {}> = Result<Login, ProblemOf<LoginOf<Paths>>>;

// By the form of its answer, so that neither another place of Dovetail's routes nor an `/auth/login` of the app's own
// is taken for it.
type LoginOf<Paths> = [DeclaredLogin<Paths>] extends [never]
  ? paths["/auth/login"]["post"]
  : DeclaredLogin<Paths>;

type DeclaredLogin<Paths> = {
  [Path in keyof Paths & `${string}/auth/login`]: Paths[Path] extends { post: infer Operation }
    ? Operation extends {
        responses: { 200: { content: { "application/json": { login: Login } } } };
      }
      ? Operation
      : never
    : never;
}[keyof Paths & `${string}/auth/login`];

type Body<Operation> = Operation extends {
  requestBody: { content: { "application/json": infer Json } };
}
  ? Json
  : never;

/** The option of calls that can be given up. */
export interface Signal {
  /** Rejects the call with its reason when it aborts. */
  signal?: AbortSignal;
}
