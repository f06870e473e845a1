import { expect, test } from "vitest";
import { outside } from "../../src/core/outside.js";
import { isNetworkError } from "../../src/index.js";
import { rejectionOf } from "../support/rejection.js";
import { type Answer, problem, serve } from "../support/server.js";
import { openTab, type TabOptions } from "../support/tab.js";

const page = { body: { items: [], next_cursor: null } };
const down = problem("SERVICE_UNAVAILABLE", 503);

/** Serves these answers in turn, and then the last one always. */
function serveInTurn(...answers: (Answer | "reset")[]) {
  return serve((request, raw) => {
    if (request.url === "/api/csrf-token") {
      return { body: { csrf: "t" } };
    }
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === "reset") {
      raw.destroy();
      return "answered";
    }
    return answer as Answer;
  });
}

/** Opens a tab whose waits are recorded instead of waited for. */
function openImpatientTab(origin: string, options: TabOptions & { random?: () => number } = {}) {
  const waits: number[] = [];
  const tab = openTab(origin, {
    ...options,
    retry: { baseMs: 300, ...options.retry },
    outside: {
      random: options.random ?? (() => 0.5),
      sleep: async (ms) => void waits.push(ms),
    },
  });
  return { api: tab.api, waits };
}

test("a GET is retried after 502, 503, 504, 429 and a broken connection", async () => {
  for (const failure of [502, 503, 504, 429, "reset"] as const) {
    const server = await serveInTurn(failure === "reset" ? failure : { status: failure }, page);
    const { data } = await openImpatientTab(server.origin).api.GET("/api/posts");

    expect(data).toEqual(page.body);
    expect(server.received).toHaveLength(2);
  }
});

test("a GET is not retried after other refusals", async () => {
  for (const status of [400, 401, 403, 404, 409, 500, 501]) {
    const server = await serveInTurn({ status }, page);
    const result = await openImpatientTab(server.origin).api.GET("/api/posts");

    expect(result.problem?.status).toBe(status);
    expect(server.received).toHaveLength(1);
  }
});

test("an unsafe request is never retried: it may have had its effect", async () => {
  const body = { title: "Joints" };
  const refusing = await serveInTurn(down);
  const result = await openImpatientTab(refusing.origin).api.POST("/api/posts", { body });
  expect(result.problem?.code).toBe("SERVICE_UNAVAILABLE");
  expect(refusing.to("/api/posts")).toHaveLength(1);

  const breaking = await serveInTurn("reset");
  const { api } = openImpatientTab(breaking.origin);
  expect(isNetworkError(await rejectionOf(api.POST("/api/posts", { body })))).toBe(true);
  expect(breaking.to("/api/posts")).toHaveLength(1);
});

test("after three retries the caller gets the problem, or the NetworkError", async () => {
  const refusing = await serveInTurn(down);
  const result = await openImpatientTab(refusing.origin).api.GET("/api/posts");
  expect(result.problem?.code).toBe("SERVICE_UNAVAILABLE");
  expect(refusing.received).toHaveLength(4);

  const breaking = await serveInTurn("reset");
  const error = await rejectionOf(openImpatientTab(breaking.origin).api.GET("/api/posts"));
  expect(isNetworkError(error)).toBe(true);
  expect(breaking.received).toHaveLength(4);
});

test("waits double at most, are random, and never exceed maxMs", async () => {
  const server = await serveInTurn(down);
  const limit = 6;
  const half = openImpatientTab(server.origin, { retry: { limit } });
  await half.api.GET("/api/posts");
  const none = openImpatientTab(server.origin, { retry: { limit }, random: () => 0 });
  await none.api.GET("/api/posts");

  expect(half.waits).toEqual([150, 300, 600, 1200, 2400, 2500]);
  expect(none.waits).toEqual([0, 0, 0, 0, 0, 0]);
});

test("Retry-After is the least wait, as seconds or as a date", async () => {
  const seconds = await serveInTurn({ status: 503, headers: { "Retry-After": "2" } }, page);
  const first = openImpatientTab(seconds.origin);
  await first.api.GET("/api/posts");
  expect(first.waits).toEqual([2150]);

  const date = new Date(Date.now() + 4000).toUTCString();
  const dated = await serveInTurn({ status: 429, headers: { "Retry-After": date } }, page);
  const second = openImpatientTab(dated.origin, { random: () => 0 });
  await second.api.GET("/api/posts");
  expect(second.waits[0]).toBeGreaterThan(2000);
  expect(second.waits[0]).toBeLessThanOrEqual(4000);
});

test("with a Retry-After beyond maxMs the caller gets the problem at once", async () => {
  const server = await serveInTurn({ status: 429, headers: { "Retry-After": "10" } }, page);
  const { api, waits } = openImpatientTab(server.origin);
  const { problem: reason } = await api.GET("/api/posts");

  expect(reason).toMatchObject({ code: "TOO_MANY_REQUESTS", retryAfter: 10 });
  expect(waits).toEqual([]);
});

test("a wait beyond the time limit is not begun: the caller gets the problem", async () => {
  const server = await serveInTurn({ status: 503, headers: { "Retry-After": "3" } }, page);
  const { api, waits } = openImpatientTab(server.origin, { timeoutMs: 2000 });
  const { problem: reason } = await api.GET("/api/posts");

  expect(reason?.code).toBe("SERVICE_UNAVAILABLE");
  expect(waits).toEqual([]);
});

test("an abort ends the wait between two tries", async () => {
  const server = await serveInTurn({ status: 503, headers: { "Retry-After": "4" } });
  const controller = new AbortController();
  const { api } = openTab(server.origin, {
    outside: {
      sleep(ms, signal) {
        queueMicrotask(() => controller.abort("left"));
        return outside.sleep(ms, signal);
      },
    },
  });
  const beganAt = Date.now();

  expect(await rejectionOf(api.GET("/api/posts", { signal: controller.signal }))).toBe("left");
  expect(Date.now() - beganAt).toBeLessThan(2000);
  expect(server.received).toHaveLength(1);
});

test("retries can be switched off", async () => {
  const server = await serveInTurn(down, page);
  const { api } = openImpatientTab(server.origin, { retry: { limit: 0 } });

  expect((await api.GET("/api/posts")).problem?.code).toBe("SERVICE_UNAVAILABLE");
});
