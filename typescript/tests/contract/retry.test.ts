import { expect, test } from "vitest";
import { outside } from "../../src/core/outside.js";
import { isNetworkError } from "../../src/index.js";
import { caught } from "../support/caught.js";
import { type Answer, problem, serve } from "../support/server.js";
import { openTab, type TabOptions } from "../support/tab.js";

const page = { body: { items: [], next_cursor: null } };
const down = problem("SERVICE_UNAVAILABLE", 503);

/** A server that gives its answers in turn, the last one for ever. */
function serveInTurn(...answers: (Answer | "reset")[]) {
  return serve((request, raw) => {
    if (request.url === "/api/csrf-token") {
      return { body: { csrf: "t" } };
    }
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === "reset") {
      raw.destroy();
      return "handled";
    }
    return answer as Answer;
  });
}

/** A tab whose waits are written down instead of waited for. */
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

test("a GET is tried again after 502, 503, 504, 429 and a broken connection", async () => {
  for (const failure of [502, 503, 504, 429, "reset"] as const) {
    const server = await serveInTurn(failure === "reset" ? failure : { status: failure }, page);
    const { data } = await openImpatientTab(server.origin).api.GET("/api/posts");

    expect(data).toEqual(page.body);
    expect(server.received).toHaveLength(2);
  }
});

test("a GET is not tried again after other refusals", async () => {
  for (const status of [400, 401, 403, 404, 409, 500, 501]) {
    const server = await serveInTurn({ status }, page);
    const result = await openImpatientTab(server.origin).api.GET("/api/posts");

    expect(result.problem?.status).toBe(status);
    expect(server.received).toHaveLength(1);
  }
});

test("an unsafe request is never tried again: it may have had its effect", async () => {
  const body = { title: "Joints" };
  const refusing = await serveInTurn(down);
  const result = await openImpatientTab(refusing.origin).api.POST("/api/posts", { body });
  expect(result.problem?.code).toBe("SERVICE_UNAVAILABLE");
  expect(refusing.to("/api/posts")).toHaveLength(1);

  const breaking = await serveInTurn("reset");
  const { api } = openImpatientTab(breaking.origin);
  expect(isNetworkError(await caught(api.POST("/api/posts", { body })))).toBe(true);
  expect(breaking.to("/api/posts")).toHaveLength(1);
});

test("after three retries the caller gets the problem, or the NetworkError", async () => {
  const refusing = await serveInTurn(down);
  const result = await openImpatientTab(refusing.origin).api.GET("/api/posts");
  expect(result.problem?.code).toBe("SERVICE_UNAVAILABLE");
  expect(refusing.received).toHaveLength(4);

  const breaking = await serveInTurn("reset");
  const error = await caught(openImpatientTab(breaking.origin).api.GET("/api/posts"));
  expect(isNetworkError(error)).toBe(true);
  expect(breaking.received).toHaveLength(4);
});

test("waits double, are drawn from their whole range, and never pass maxMs", async () => {
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

test("a Retry-After beyond maxMs is handed to the caller at once, not cut short", async () => {
  const server = await serveInTurn({ status: 429, headers: { "Retry-After": "10" } }, page);
  const { api, waits } = openImpatientTab(server.origin);
  const { problem: reason } = await api.GET("/api/posts");

  expect(reason).toMatchObject({ code: "TOO_MANY_REQUESTS", retryAfter: 10 });
  expect(waits).toEqual([]);
});

test("a wait that would pass the time limit is not begun: the problem says more than a timeout", async () => {
  const server = await serveInTurn({ status: 503, headers: { "Retry-After": "3" } }, page);
  const { api, waits } = openImpatientTab(server.origin, { timeoutMs: 2000 });
  const { problem: reason } = await api.GET("/api/posts");

  expect(reason?.code).toBe("SERVICE_UNAVAILABLE");
  expect(waits).toEqual([]);
});

test("an abort ends the waiting between two tries", async () => {
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
  const begun = Date.now();

  expect(await caught(api.GET("/api/posts", { signal: controller.signal }))).toBe("left");
  expect(Date.now() - begun).toBeLessThan(2000);
  expect(server.received).toHaveLength(1);
});

test("retries can be switched off", async () => {
  const server = await serveInTurn(down, page);
  const { api } = openImpatientTab(server.origin, { retry: { limit: 0 } });

  expect((await api.GET("/api/posts")).problem?.code).toBe("SERVICE_UNAVAILABLE");
});
