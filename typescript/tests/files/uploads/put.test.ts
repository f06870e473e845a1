/** Sending a part: with XMLHttpRequest, which alone reports how much has been sent, or with fetch. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { outside } from "../../../src/core/outside.js";
import { put } from "../../../src/files/uploads/put.js";
import { isNetworkError } from "../../../src/index.js";
import { stubXhr } from "../../support/page.js";
import { rejectionOf } from "../../support/rejection.js";
import { fileOf, moment, openSender } from "../../support/sender.js";
import { problem, serve } from "../../support/server.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const partAt = (url: string, size = 3) => ({ number: 1, size, url, headers: {} });
const quiet = (signal = new AbortController().signal) => ({ outside, signal, onSent() {} });
/** With XMLHttpRequest, as in a browser, and without. */
async function sender(isPage: boolean, origin: string): Promise<(content: string) => File> {
  vi.unstubAllGlobals();
  return isPage ? stubXhr(origin) : fileOf;
}

const CORS = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After" };

test("a page of another origin sends a file whole and without cookies", async () => {
  const { storage, tab } = await openSender();
  const makeFile = await stubXhr(storage.origin);
  const { data } = await tab.files.upload(makeFile("abcdefghij"));

  expect(data?.size).toBe(10);
  expect(String(storage.files.get("key1")?.bytes)).toBe("abcdefghij");
  const sent = storage.received.filter(({ method }) => method === "PUT");
  expect(sent).toHaveLength(3);
  for (const { headers } of sent) {
    expect(headers.origin).toBe("http://app.example.test");
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("authorization");
  }
});

test("a part is sent with the headers of its address", async () => {
  const allowed = { "Access-Control-Allow-Methods": "PUT", "Access-Control-Allow-Headers": "*" };
  const server = await serve(() => ({ status: 204, headers: { ...CORS, ...allowed } }));
  for (const isPage of [true, false]) {
    const makeFile = await sender(isPage, server.origin);
    const part = { ...partAt(server.origin), headers: { "Content-Type": "text/x-part" } };
    await put(part, makeFile("abc"), quiet());
  }

  const sent = server.received.filter(({ method }) => method === "PUT");
  expect(sent.map(({ headers }) => headers["content-type"])).toEqual([
    "text/x-part",
    "text/x-part",
  ]);
});

test("the number of sent bytes is reported", async () => {
  const server = await serve(({ method }) =>
    method === "OPTIONS"
      ? { status: 204, headers: { ...CORS, "Access-Control-Allow-Methods": "PUT" } }
      : { status: 204, headers: CORS },
  );
  const makeFile = await stubXhr(server.origin);
  const sent: number[] = [];
  await put(partAt(server.origin), makeFile("x".repeat(3_000_000)), {
    ...quiet(),
    onSent: (bytes) => void sent.push(bytes),
  });

  expect(sent.length).toBeGreaterThan(0);
  expect(sent.at(-1)).toBe(3_000_000);
});

test("a refusal has its status, headers and body", async () => {
  const busy = problem("SERVICE_UNAVAILABLE", 503, { headers: { ...CORS, "Retry-After": "7" } });
  const server = await serve(({ method }) =>
    method === "OPTIONS"
      ? { status: 204, headers: { ...CORS, "Access-Control-Allow-Methods": "PUT" } }
      : busy,
  );
  const makeFile = await stubXhr(server.origin);
  const response = await put(partAt(server.origin), makeFile("abc"), quiet());

  expect(response.status).toBe(503);
  expect(response.headers.get("Retry-After")).toBe("7");
  expect(await response.json()).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
});

test("a broken connection is a NetworkError, without the signature in its text", async () => {
  for (const isPage of [true, false]) {
    const server = await serve((_request, raw) => {
      raw.destroy();
      return "answered";
    });
    const makeFile = await sender(isPage, server.origin);
    const error = await rejectionOf(
      put(partAt(`${server.origin}/part?signature=secret`), makeFile("abc"), quiet()),
    );

    expect(isNetworkError(error)).toBe(true);
    expect(error).toMatchObject({ method: "PUT", url: `${server.origin}/part` });
    expect(String(error)).not.toContain("secret");
  }
});

test("giving up closes the connection, and rejects with the reason", async () => {
  for (const isPage of [true, false]) {
    const reached = moment();
    const cut = moment();
    const server = createServer((request, response) => {
      if (request.method === "OPTIONS") {
        response.writeHead(204, { ...CORS, "Access-Control-Allow-Methods": "PUT" }).end();
        return;
      }
      reached.happen();
      response.on("close", cut.happen);
      request.on("error", () => {}).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const makeFile = await sender(isPage, origin);
    const controller = new AbortController();
    const sending = put(partAt(origin), makeFile("abc"), quiet(controller.signal));
    await reached.happened;
    controller.abort("no");

    expect(await rejectionOf(sending)).toBe("no");
    await cut.happened;
  }
});

test("nothing is sent after giving up before the start", async () => {
  const server = await serve(() => ({ status: 204 }));
  for (const isPage of [true, false]) {
    const makeFile = await sender(isPage, server.origin);
    const sending = put(partAt(server.origin), makeFile("abc"), quiet(AbortSignal.abort("no")));
    expect(await rejectionOf(sending)).toBe("no");
  }

  expect(server.received).toEqual([]);
});

/** An XMLHttpRequest whose events the test fires by hand. */
class Line extends EventTarget {
  static last: Line;
  readonly upload = new EventTarget();
  status = 0;
  statusText = "";
  responseText = "";
  open() {}
  setRequestHeader() {}
  getAllResponseHeaders() {
    return "";
  }
  send() {
    Line.last = this;
  }
  abort() {
    this.dispatchEvent(new Event("abort"));
    this.dispatchEvent(new Event("loadend"));
  }
  move(loaded: number) {
    this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded }));
  }
  answer(status: number) {
    this.status = status;
    this.dispatchEvent(new Event("load"));
    this.dispatchEvent(new Event("loadend"));
  }
}

test("a connection without a byte for a minute is closed; a slow one may take hours", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("XMLHttpRequest", Line);
  const slow = put(partAt("https://storage.example.com/1"), fileOf(), quiet());
  for (let minute = 0; minute < 300; minute++) {
    vi.advanceTimersByTime(59_000);
    Line.last.move(minute);
  }
  Line.last.answer(204);
  expect((await slow).status).toBe(204);

  const dead = rejectionOf(put(partAt("https://storage.example.com/1"), fileOf(), quiet()));
  Line.last.move(1);
  vi.advanceTimersByTime(60_000);
  expect(isNetworkError(await dead)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
