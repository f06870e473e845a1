/** The types of a sign-in with credentials and refusals of the app's own. Compiled, never run. */
import { expectTypeOf } from "vitest";
import {
  type AuthResult,
  type Credentials,
  createDovetail,
  type Login,
  type SignInResult,
} from "../../src/index.js";
import type { paths as SessionPaths } from "../codegen/expected/sign-in-session.js";
import type { paths as TokenPaths } from "../codegen/expected/sign-in-token.js";

const own = { email: "a@example.com", password: "x", tenant: "acme" };
const session = createDovetail<SessionPaths>().auth;
const token = createDovetail<TokenPaths>().auth;

// the body is that of the contract, and the result still the login
for (const { signIn } of [session, token]) {
  const { data } = await signIn({ ...own, captcha: "boats", code: "123456" });
  expectTypeOf(data).toEqualTypeOf<Login | undefined>();
  void signIn({ ...own, captcha: null });
}
type Own = {
  email: string;
  password: string;
  tenant: string;
  captcha?: string | null;
  code?: string | null;
};
expectTypeOf<Credentials<SessionPaths>>().toEqualTypeOf<Own>();
expectTypeOf<Credentials<TokenPaths>>().toEqualTypeOf<Own>();
// @ts-expect-error: the tenant is required
void session.signIn({ email: "a@example.com", password: "x" });
// @ts-expect-error: the tenant is required
void token.signIn({ email: "a@example.com", password: "x" });
// @ts-expect-error: a tenant is a text
void session.signIn({ ...own, tenant: 1 });
// @ts-expect-error: no such field
void token.signIn({ ...own, tennant: "acme" });

// the refusals are those of the contract and Dovetail's own, and nothing else
const { problem } = await session.signIn(own);
if (problem?.code === "CAPTCHA_REQUIRED") {
  expectTypeOf(problem.code).toEqualTypeOf<"CAPTCHA_REQUIRED">();
}
switch ((await token.signIn(own)).problem?.code) {
  case "CODE_REQUIRED":
  case "INVALID_CREDENTIALS":
  case "TOO_MANY_REQUESTS":
  // @ts-expect-error: the contract declares no such code
  case "CAPTCHA_NEEDED":
}
expectTypeOf<"CODE_REQUIRED">().toExtend<
  NonNullable<SignInResult<TokenPaths>["problem"]>["code"]
>();

// at another place, beside a route of the app's that only has its name
interface Moved {
  "/auth/login": {
    post: {
      requestBody: { content: { "application/json": { pin: number } } };
      responses: { 200: { content: { "application/json": { ok: boolean } } } };
    };
  };
  "/dovetail/auth/login": SessionPaths["/auth/login"];
}
expectTypeOf<Credentials<Moved>>().toEqualTypeOf<Own>();

// without a contract, or with one that says nothing of it: email and password
type Plain = { email: string; password: string };
expectTypeOf<Credentials>().toEqualTypeOf<Plain>();
expectTypeOf<Credentials<{ "/api/posts": SessionPaths["/auth/login"] }>>().toEqualTypeOf<Plain>();
expectTypeOf<SignInResult>().toEqualTypeOf<AuthResult<Login>>();
