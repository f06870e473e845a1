/** The types of calls. Compiled, never run: a line marked `@ts-expect-error` fails if it compiles. */
import { expectTypeOf } from "vitest";
import {
  createDovetail,
  type FieldError,
  isProblem,
  isProblemError,
  type Problem,
  unwrap,
} from "../../src/index.js";
import type { Post, paths } from "../support/paths.js";

const { api, auth } = createDovetail<paths>();

// data and problem exclude each other
const created = await api.POST("/api/posts", { body: { title: "Joints" } });
if (created.problem) {
  expectTypeOf(created.data).toEqualTypeOf<undefined>();
} else {
  expectTypeOf(created.data).toEqualTypeOf<Post>();
  expectTypeOf(created.problem).toEqualTypeOf<undefined>();
}

// also after destructuring
const { data, problem } = await api.POST("/api/posts", { body: { title: "Joints" } });
if (!problem) {
  expectTypeOf(data).toEqualTypeOf<Post>();
}
if (data) {
  expectTypeOf(problem).toEqualTypeOf<undefined>();
}

// the codes are the contract's and Dovetail's own, and nothing else
if (problem) {
  expectTypeOf<"TOO_MANY_POSTS">().toExtend<typeof problem.code>();
  expectTypeOf<"CSRF_FAILED">().toExtend<typeof problem.code>();
  expectTypeOf<"HTTP_418">().toExtend<typeof problem.code>();
  expectTypeOf<string>().not.toExtend<typeof problem.code>();
  // @ts-expect-error: the contract declares no such code
  void (problem.code === "TOO_MANY_POST");
}

// a code narrows to the problem that the contract declares for it
if (problem?.code === "TOO_MANY_POSTS") {
  expectTypeOf(problem.code).toEqualTypeOf<"TOO_MANY_POSTS">();
  expectTypeOf(problem.daily_limit).toEqualTypeOf<number | undefined>();
  expectTypeOf(problem.retryAfter).toEqualTypeOf<number | undefined>();
}
if (problem?.code === "VALIDATION_FAILED") {
  expectTypeOf(problem.errors).toEqualTypeOf<FieldError[] | undefined>();
}
if (problem?.code === "CSRF_FAILED") {
  // @ts-expect-error: only the declared problem has this member
  void problem.daily_limit;
}
switch (problem?.code) {
  case "TOO_MANY_POSTS":
    expectTypeOf(problem.daily_limit).toEqualTypeOf<number | undefined>();
    break;
  case "TOO_MANY_REQUESTS":
    expectTypeOf(problem.retryAfter).toEqualTypeOf<number | undefined>();
    break;
}

// an operation that declares no problem still has Dovetail's own
const removed = await api.DELETE("/api/posts/{post_id}", { params: { path: { post_id: 1 } } });
expectTypeOf(removed.data).toEqualTypeOf<undefined>();
if (removed.problem?.code === "FORBIDDEN") {
  expectTypeOf(removed.problem.status).toEqualTypeOf<number>();
}

// wrong paths, methods, parameters and bodies are refused
// @ts-expect-error: no such path
void api.GET("/api/post");
// @ts-expect-error: no such method there
void api.PUT("/api/posts");
// @ts-expect-error: the body is required
void api.POST("/api/posts");
// @ts-expect-error: the body has another type
void api.POST("/api/posts", { body: { title: 1 } });
// @ts-expect-error: the body has no such member
void api.POST("/api/posts", { body: { title: "Joints", colour: "oak" } });
// @ts-expect-error: a JSON operation takes no form
void api.POST("/api/posts", { body: new FormData() });
// @ts-expect-error: the path parameter is required
void api.GET("/api/posts/{post_id}");
// @ts-expect-error: the path parameter is a number
void api.GET("/api/posts/{post_id}", { params: { path: { post_id: "1" } } });
// @ts-expect-error: no such query parameter
void api.GET("/api/posts", { params: { query: { size: 1 } } });
// @ts-expect-error: no such option
void api.GET("/api/posts", { timeout: 1 });
// @ts-expect-error: credentials go to the configured origin only
void api.GET("/api/posts", { baseUrl: "https://example.com" });
void api.GET("/api/posts");
void api.GET("/api/posts", { timeoutMs: 1, signal: AbortSignal.abort(), priority: "low" });

// raw bodies where the contract takes them
void api.POST("/api/picture", { body: new FormData() });
void api.POST("/api/picture", { body: new Blob([]) });
// @ts-expect-error: still not anything
void api.POST("/api/picture", { body: 1 });

// parseAs decides the type of data
const stream = await api.GET("/api/posts", { parseAs: "stream" });
expectTypeOf(stream.data).toEqualTypeOf<Response["body"] | undefined>();
const blob = await api.GET("/api/posts", { parseAs: "blob" });
expectTypeOf(blob.data).toEqualTypeOf<Blob | undefined>();

// unwrap gives the data; the guards narrow
expectTypeOf(unwrap(created)).toEqualTypeOf<Post>();
const anything: unknown = problem;
if (isProblem(anything, "GONE")) {
  expectTypeOf(anything).toExtend<Problem<"GONE">>();
}
if (isProblem(problem, "TOO_MANY_POSTS")) {
  expectTypeOf(problem.daily_limit).toEqualTypeOf<number | undefined>();
}
if (isProblemError(anything, "NOT_FOUND")) {
  expectTypeOf(anything.problem.code).toEqualTypeOf<"NOT_FOUND">();
}

// the authority's answers have the same form
const signedIn = await auth.signIn({ email: "a@example.com", password: "x" });
if (signedIn.problem) {
  expectTypeOf(signedIn.data).toEqualTypeOf<undefined>();
  expectTypeOf<"INVALID_CREDENTIALS">().toExtend<typeof signedIn.problem.code>();
}
if (signedIn.data) {
  expectTypeOf(signedIn.data.scopes).toEqualTypeOf<string[]>();
}
// @ts-expect-error: a password is required
void auth.signIn({ email: "a@example.com" });

// a client without a contract has no paths
// @ts-expect-error: no such path
void createDovetail().api.GET("/api/posts");
