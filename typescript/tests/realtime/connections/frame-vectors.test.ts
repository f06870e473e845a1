/** What a page sends over a socket and makes of what it gets, by the vectors that both halves read. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { Manager } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import type { Problem } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { eventually, openLive } from "../../support/live.js";
import { type FramesVector, frameVectors } from "../../support/vectors.js";

/** The WebSocket of a connection of Engine.IO. */
interface RawSocket {
  on(name: "message", listener: (data: unknown) => void): void;
  send(text: string): void;
}

/** A server that says nothing by itself: it records text frames, and sends those that a test gives it. */
async function serveFrames() {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], serveClient: false });
  const frames: string[] = [];
  let connection: { close(): void; transport: { socket: RawSocket } } | undefined;
  io.engine.removeAllListeners("connection");
  io.engine.on("connection", (opened: NonNullable<typeof connection>) => {
    connection = opened;
    opened.transport.socket.on("message", (data) => {
      const text = String(data);
      if (text !== "3") {
        frames.push(text);
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    void io.close();
    http.closeAllConnections();
  });
  return {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    frames,
    send: (text: string) => connection?.transport.socket.send(text),
    close: () => connection?.close(),
  };
}

/** Takes a frame apart, with names in place of what differs from browser to browser. */
function parse(text: string) {
  const [, type, namespace, ack, data] =
    /^4([0-5])(\/[^,]+),(\d*)(.*)$/.exec(text) ?? expect.fail(text);
  const named = data
    ?.replace(/"login":"login-\d+"/, '"login":"$login"')
    .replace(/"token":"at-\d+"/, '"token":"$token"');
  return { type, namespace, ack, data: named ? JSON.parse(named) : undefined };
}

/** What a page can call whose namespaces no contract describes. */
interface AnySpace {
  on(name: string, listener: (data: unknown) => void): () => void;
  emit(name: string, ...body: unknown[]): Promise<object>;
  join(room: string, options: object): () => void;
  onStatus(listener: (status: { state: string; problem?: Problem }) => void): () => void;
}

async function openPage({ strategy }: FramesVector) {
  const { backend, open } = await openLive(strategy);
  const server = await serveFrames();
  const due = Promise.withResolvers<void>();
  let isWaiting = true;
  const tab = open({
    silent: true,
    outside: {
      openSocket: async (_url, options) => new Manager(server.origin, options),
      async sleep(ms, signal) {
        if (strategy === "token" && isWaiting && ms > 60_000) {
          // The wait until the token is renewed.
          await due.promise;
          isWaiting = false;
        } else {
          await outside.sleep(ms, signal);
        }
      },
    },
  });
  await tab.auth.signIn(demo);
  const heard: unknown[][] = [];
  const stops = new Map<unknown, () => void>();
  tab.on("session-expired", () => void heard.push(["session-expired"]));

  function space(path: string): AnySpace {
    const found = tab.realtime.of(path as "/live") as unknown as AnySpace;
    if (!stops.has(path)) {
      const stop = found.onStatus(({ state, problem }) => {
        if (state === "refused") {
          heard.push(["refused", path, problem?.code]);
        }
      });
      stops.set(path, stop);
    }
    return found;
  }

  const calls: Record<string, (...args: string[]) => unknown> = {
    onUnread: () => tab.realtime.onUnread((...unread) => heard.push(["unread", ...unread])),
    onNotification: () => tab.realtime.onNotification((each) => heard.push(["notification", each])),
    onStale: () => tab.realtime.onStale(() => heard.push(["stale"])),
    on(path = "", name = "") {
      stops.set(
        "on",
        space(path).on(name, (data) => void heard.push([name, data])),
      );
    },
    off: () => stops.get("on")?.(),
    emit(path = "", name = "", ...body) {
      void space(path)
        .emit(name, ...body)
        .then((answer) => heard.push(["acknowledged", answer]));
    },
    join(path = "", room = "") {
      const stop = space(path).join(room, {
        onJoined: () => heard.push(["joined", room]),
        onPeople: (people: unknown[], count: number) => heard.push(["people", room, people, count]),
        onProblem: (problem: Problem) => heard.push(["not joined", room, problem]),
      });
      stops.set(room, stop);
    },
    leave: (room) => stops.get(room)?.(),
    "token-is-due": () => due.resolve(),
  };
  return {
    server,
    heard,
    call([name, ...args]: [string, ...unknown[]]) {
      const call = calls[name] ?? expect.fail(`There is no call ${name}.`);
      call(...(args as string[]));
    },
    /** What happens in the server also happens to the login of this page. */
    happen([name]: [string, ...unknown[]]) {
      if (name === "end-login") {
        backend.endAll();
      }
    },
  };
}

test.each(frameVectors)("$case: $name", async (vector) => {
  const { server, heard, call, happen } = await openPage(vector);
  for (const { page, sent, app, answered, heard: expected, lost } of vector.steps) {
    if (page) {
      call(page);
    } else if (sent) {
      await eventually(() => expect(server.frames).not.toEqual([]));
      expect(parse(server.frames.shift() ?? "")).toEqual(parse(sent));
    } else if (app) {
      happen(app);
    } else if (answered) {
      server.send(answered);
    } else if (expected) {
      await eventually(() => expect(heard).toEqual(expected));
      heard.length = 0;
    } else if (lost) {
      server.close();
    }
  }
  expect(server.frames).toEqual([]);
});
