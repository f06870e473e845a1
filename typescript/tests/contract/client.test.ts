import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  isNetworkError,
  isTimeoutError,
  isUnexpectedBodyError,
  type NetworkError,
  type TimeoutError,
} from "../../src/index.js";
import { rejectionOf } from "../support/rejection.js";
import { problem, serve } from "../support/server.js";
import { openTab } from "../support/tab.js";

const created = { status: 201, body: { id: 7, title: "Joints" } };

/** Serves a CSRF token, and everything else by `handler`. */
function serveApi(handler: Parameters<typeof serve>[0]) {
  return serve((request, raw) =>
    request.url === "/api/csrf-token" ? { body: { csrf: "t" } } : handler(request, raw),
  );
}

test("a success has data and no problem", async () => {
  const server = await serveApi(() => created);
  const result = await openTab(server.origin).api.POST("/api/posts", { body: { title: "Joints" } });

  expect(result.data).toEqual({ id: 7, title: "Joints" });
  expect(result).not.toHaveProperty("problem");
  expect(result.response.status).toBe(201);
});

test("a refusal has a problem and no data", async () => {
  const server = await serveApi(() => problem("TOO_MANY_POSTS", 429, { daily_limit: 5 }));
  const result = await openTab(server.origin).api.POST("/api/posts", { body: { title: "Joints" } });

  expect(result).not.toHaveProperty("data");
  expect(result.problem).toMatchObject({ code: "TOO_MANY_POSTS", status: 429, daily_limit: 5 });
});

test("a request has an Accept header, and path, query and JSON as the contract declares them", async () => {
  const server = await serveApi(() => created);
  const { api } = openTab(server.origin);
  await api.GET("/api/posts", { params: { query: { limit: 2, tag: ["a b", "c"] } } });
  await api.GET("/api/posts/{post_id}", { params: { path: { post_id: 7 } } });
  await api.POST("/api/posts", { body: { title: "Ü" } });

  const [list, one] = server.received;
  expect(list?.url).toBe("/api/posts?limit=2&tag=a%20b&tag=c");
  expect(list?.headers.accept).toBe("application/json, application/problem+json");
  expect(list?.headers).not.toHaveProperty("content-type");
  expect(one?.url).toBe("/api/posts/7");
  const [post] = server.to("/api/posts").slice(1);
  expect(post?.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(String(post?.body))).toEqual({ title: "Ü" });
});

test("a 204 has neither data nor a problem", async () => {
  const server = await serveApi(() => ({ status: 204 }));
  const result = await openTab(server.origin).api.DELETE("/api/posts/{post_id}", {
    params: { path: { post_id: 7 } },
  });

  expect(result.data).toBeUndefined();
  expect(result.problem).toBeUndefined();
});

test("a refused HEAD has the problem of its status", async () => {
  const server = await serveApi(() => ({ status: 404 }));
  const result = await openTab(server.origin).api.HEAD("/api/posts/{post_id}", {
    params: { path: { post_id: 7 } },
  });

  expect(result.problem?.code).toBe("NOT_FOUND");
});

test("an unreachable server is a NetworkError with the cause, and without the query", async () => {
  const { api } = openTab("http://127.0.0.1:9", { retry: { limit: 0 } });
  const error = await rejectionOf(
    api.GET("/api/posts", { params: { query: { tag: ["private"] } } }),
  );

  expect(isNetworkError(error)).toBe(true);
  const { name, message, method, url, cause } = error as NetworkError;
  expect(name).toBe("NetworkError");
  expect(method).toBe("GET");
  expect(url).toBe("http://127.0.0.1:9/api/posts");
  expect(message).not.toContain("private");
  expect(cause).toBeInstanceOf(TypeError);
});

test("a connection that breaks in the middle of the body is a NetworkError", async () => {
  const server = await serveApi((_, raw) => {
    raw.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
    raw.write('{"id": 7', () => raw.destroy());
    return "answered";
  });
  const error = await rejectionOf(openTab(server.origin).api.GET("/api/posts"));

  expect(isNetworkError(error)).toBe(true);
});

test("a page in place of JSON is an UnexpectedBodyError that names what to check", async () => {
  const server = await serveApi(() => ({
    headers: { "Content-Type": "text/html" },
    body: "<!doctype html>",
  }));
  const error = await rejectionOf(openTab(server.origin).api.GET("/api/posts"));

  expect(isUnexpectedBodyError(error)).toBe(true);
  expect(String(error)).toContain(`${server.origin}/api/posts answered 200 with text/html`);
  expect(String(error)).toContain("apiOrigin");
});

test("a server that is silent for longer than timeoutMs is a TimeoutError", async () => {
  const server = await serveApi(() => "answered");
  const error = await rejectionOf(openTab(server.origin, { timeoutMs: 50 }).api.GET("/api/posts"));

  expect(isTimeoutError(error)).toBe(true);
  expect((error as TimeoutError).name).toBe("TimeoutError");
  expect((error as TimeoutError).timeoutMs).toBe(50);
});

test("the time limit includes the body", async () => {
  const server = await serveApi((_, raw) => {
    raw.writeHead(200, { "Content-Type": "application/json" });
    raw.write('{"id":');
    return "answered";
  });
  const error = await rejectionOf(openTab(server.origin).api.GET("/api/posts", { timeoutMs: 80 }));

  expect(isTimeoutError(error)).toBe(true);
});

test("a stream that has begun is not ended by the time limit", async () => {
  const server = await serveApi(async (_, raw): Promise<"answered"> => {
    raw.writeHead(200);
    raw.write("first ");
    await sleep(120);
    raw.end("last");
    return "answered";
  });
  const { data } = await openTab(server.origin).api.GET("/api/posts", {
    parseAs: "stream",
    timeoutMs: 60,
  });

  expect(await new Response(data).text()).toBe("first last");
});

test.each([Infinity, 2 ** 31, 40 * 86_400_000])(
  "a time limit of %d ms does not fire at once",
  async (timeoutMs) => {
    const server = await serveApi(() => created);
    const result = await openTab(server.origin).api.GET("/api/posts", { timeoutMs });

    expect(result.response.status).toBe(201);
  },
);

test("a stream listens to the caller's signal until it has ended, in whatever way", async () => {
  const server = await serveApi(async (_, raw): Promise<"answered"> => {
    raw.writeHead(200);
    raw.end("streamed");
    return "answered";
  });
  const { api } = openTab(server.origin);
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listening.add(given[1]);
    addEventListener.apply(signal, given);
  };
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    listening.delete(given[1]);
    removeEventListener.apply(signal, given);
  };
  const open = async () =>
    (await api.GET("/api/posts", { parseAs: "stream", signal })).data as ReadableStream;

  const read = await open();
  const cancelled = await open();
  expect(listening.size).toBe(2);
  expect(await new Response(read).text()).toBe("streamed");
  await cancelled.cancel();
  await expect.poll(() => listening.size).toBe(0);
});

test("the caller's signal ends a stream that has begun", async () => {
  const server = await serveApi(async (_, raw): Promise<"answered"> => {
    raw.writeHead(200);
    raw.write("first ");
    await sleep(200);
    raw.end("last");
    return "answered";
  });
  const controller = new AbortController();
  const { data } = await openTab(server.origin).api.GET("/api/posts", {
    parseAs: "stream",
    signal: controller.signal,
  });
  const text = rejectionOf(new Response(data as ReadableStream).text());
  controller.abort(new Error("enough"));

  expect(String(await text)).toContain("enough");
});

test("an abort rejects with the reason of the caller's signal", async () => {
  const server = await serveApi(() => "answered");
  const { api } = openTab(server.origin);
  const plain = new AbortController();
  const reasoned = new AbortController();
  const calls = [
    rejectionOf(api.GET("/api/posts", { signal: plain.signal })),
    rejectionOf(api.GET("/api/posts", { signal: reasoned.signal })),
    rejectionOf(api.GET("/api/posts", { signal: AbortSignal.abort("left already") })),
  ];
  await sleep(20);
  plain.abort();
  reasoned.abort("left the page");

  const [abortError, ...reasons] = await Promise.all(calls);
  expect(abortError).toMatchObject({ name: "AbortError" });
  expect(reasons).toEqual(["left the page", "left already"]);
  expect(server.received).toHaveLength(2);
});

test("an abort in the middle of the body rejects with the reason too", async () => {
  const server = await serveApi((_, raw) => {
    raw.writeHead(200, { "Content-Type": "application/json" });
    raw.write('{"id":');
    return "answered";
  });
  const controller = new AbortController();
  const call = rejectionOf(
    openTab(server.origin).api.GET("/api/posts", { signal: controller.signal }),
  );
  await sleep(50);
  controller.abort("enough");

  expect(await call).toBe("enough");
});

test("a call that has ended no longer listens to the caller's signal", async () => {
  const server = await serveApi(() => created);
  const { signal } = new AbortController();
  await openTab(server.origin).api.GET("/api/posts", { signal });

  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("an error of the caller's options is thrown as it is", async () => {
  const server = await serveApi(() => created);
  const circular: { title: string; self?: unknown } = { title: "x" };
  circular.self = circular;
  const error = await rejectionOf(
    openTab(server.origin).api.POST("/api/posts", { body: circular }),
  );

  expect(isNetworkError(error)).toBe(false);
  expect(error).toBeInstanceOf(TypeError);
});

test("forms, files, bytes and streams are sent as they are, with their own media type", async () => {
  const server = await serveApi((request) => ({
    status: 201,
    body: { bytes: request.body.length },
  }));
  const { api } = openTab(server.origin);
  const form = new FormData();
  form.set("file", new Blob(["abc"]), "a.txt");
  const bodies = [
    form,
    new Blob(["png"], { type: "image/png" }),
    new URLSearchParams({ a: "b c" }),
    new Uint8Array([1, 2, 3]),
    new Blob(["streamed"]).stream(),
  ];
  for (const body of bodies) {
    await api.POST("/api/picture", { body });
  }
  await api.POST("/api/picture", {
    body: new Uint8Array([9]),
    headers: { "Content-Type": "application/wasm" },
  });

  const sent = server.to("/api/picture").map(({ headers, body }) => ({
    type: headers["content-type"]?.split(";")[0],
    body: String(body),
  }));
  expect(sent[0]?.type).toBe("multipart/form-data");
  expect(sent[0]?.body).toContain('filename="a.txt"');
  expect(sent.slice(1)).toEqual([
    { type: "image/png", body: "png" },
    { type: "application/x-www-form-urlencoded", body: "a=b+c" },
    { type: undefined, body: "\x01\x02\x03" },
    { type: undefined, body: "streamed" },
    { type: "application/wasm", body: "\t" },
  ]);
});

test("an unsafe request does not follow a redirect, unless the caller allows it", async () => {
  const server = await serveApi(({ method }) =>
    method === "POST" ? { status: 303, headers: { Location: "/api/posts/7" } } : created,
  );
  const { api } = openTab(server.origin);
  const body = { title: "Joints" };
  const error = await rejectionOf(api.POST("/api/posts", { body }));

  expect(isNetworkError(error)).toBe(true);
  expect(server.to("/api/posts/7")).toHaveLength(0);

  const { data } = await api.POST("/api/posts", { body, redirect: "follow" });
  expect(data).toEqual(created.body);
});
