import { describe, expect, test } from "vitest";
import { toProblem } from "../../src/contract/problem.js";
import { ERRORS_CODES } from "../../src/core/wire/errors.js";
import { isProblem, isProblemError, type Problem, ProblemError, unwrap } from "../../src/index.js";
import { rejectionOf } from "../support/rejection.js";
import { type Answer, serve } from "../support/server.js";
import { openTab } from "../support/tab.js";
import { readVectors } from "../support/vectors.js";

interface Vector {
  name: string;
  answer: Answer & { headers: Record<string, string> };
  client: {
    status: number;
    code: string;
    requestId?: string;
    detail?: string;
    pointers?: string[];
    retryAfterSeconds?: number;
  };
}

const { vectors } = readVectors<{ vectors: Vector[] }>("problems");

async function problemFrom(answer: Answer): Promise<Problem> {
  const server = await serve(() => answer);
  const { problem } = await openTab(server.origin, { retry: { limit: 0 } }).api.GET("/api/posts");
  return problem ?? expect.fail("no problem");
}

describe("the vectors that both halves read", () => {
  test.each(vectors)("$name", async ({ answer, client }) => {
    const problem = await problemFrom(answer);

    expect(isProblem(problem)).toBe(true);
    expect({
      status: problem.status,
      code: problem.code,
      requestId: problem.request_id,
      detail: problem.detail,
      pointers: problem.errors?.map(({ pointer }) => pointer),
      retryAfterSeconds: problem.retryAfter,
    }).toEqual({
      requestId: undefined,
      detail: undefined,
      pointers: undefined,
      retryAfterSeconds: undefined,
      ...client,
    });
    if (isProblem(answer.body)) {
      expect(problem).toMatchObject(answer.body);
    }
  });
});

test("an error answer that is no problem gets the first code of its status, its request id and its body", async () => {
  const statuses = new Map(
    Object.entries(ERRORS_CODES)
      .toReversed()
      .map(([code, entry]) => [entry.status, code]),
  );
  for (const [status, code] of statuses) {
    const problem = await problemFrom({
      status,
      headers: { "Content-Type": "text/html", "X-Request-Id": "req-9" },
      body: "<h1>No</h1>",
    });
    expect(problem).toMatchObject({ status, code, request_id: "req-9", body: "<h1>No</h1>" });
    expect(problem.type).toBe(`urn:dovetail:problem:${code.toLowerCase().replaceAll("_", "-")}`);
  }
});

test("an error answer without a body has no `body` either", async () => {
  expect(await problemFrom({ status: 500 })).not.toHaveProperty("body");
});

test("the JSON of another API stays readable", async () => {
  const problem = await problemFrom({ status: 409, body: { message: "taken", field: "name" } });

  expect(problem.code).toBe("CONFLICT");
  expect(problem.body).toEqual({ message: "taken", field: "name" });
});

test("Retry-After becomes whole seconds, from a number or a date", async () => {
  const at = (value: string) => problemFrom({ status: 429, headers: { "Retry-After": value } });
  const inOneMinute = new Date(Date.now() + 60_000).toUTCString();

  expect((await at("17")).retryAfter).toBe(17);
  expect((await at(inOneMinute)).retryAfter).toBeGreaterThanOrEqual(58);
  expect((await at("Fri, 31 Dec 1999 23:59:59 GMT")).retryAfter).toBe(0);
  expect(await at("soon")).not.toHaveProperty("retryAfter");
});

test("Retry-After is rounded up: a call before that second would be refused again", () => {
  const headers = { "Retry-After": new Date(10_000).toUTCString() };

  expect(toProblem(undefined, new Response(null, { status: 429, headers }), 8500).retryAfter).toBe(
    2,
  );
});

test("isProblem recognises problems, and single codes", () => {
  const gone = { type: "about:blank", title: "Gone", status: 410, code: "GONE" };

  expect(isProblem(gone)).toBe(true);
  expect(isProblem(gone, "GONE")).toBe(true);
  expect(isProblem(gone, "NOT_FOUND")).toBe(false);
  for (const other of [undefined, null, "GONE", {}, { ...gone, status: "410" }, { code: "GONE" }]) {
    expect(isProblem(other)).toBe(false);
  }
  for (const member of Object.keys(gone)) {
    expect(isProblem({ ...gone, [member]: undefined })).toBe(false);
  }
});

test("unwrap returns the data, or throws the problem", async () => {
  const server = await serve(({ url }) =>
    url.endsWith("/7")
      ? { body: { id: 7, title: "Joints" } }
      : { status: 404, headers: { "Content-Type": "text/plain" }, body: "no" },
  );
  const { api } = openTab(server.origin);
  const read = async (id: number) =>
    unwrap(await api.GET("/api/posts/{post_id}", { params: { path: { post_id: id } } }));

  expect((await read(7)).title).toBe("Joints");
  const error = await rejectionOf(read(8));
  expect(isProblemError(error)).toBe(true);
  expect(isProblemError(error, "NOT_FOUND")).toBe(true);
  expect(isProblemError(error, "GONE")).toBe(false);
  expect(error).toMatchObject({ name: "ProblemError", problem: { status: 404 } });
  expect(isProblemError(new Error("NOT_FOUND"))).toBe(false);
  expect(new ProblemError({ type: "t", title: "Gone", status: 410, code: "GONE" }).message).toBe(
    "GONE: Gone",
  );
});
