/** Events that are not stored, namespaces and rooms. */
import { expect, test, vi } from "vitest";
import { toProblem } from "../../../src/contract/problem.js";
import { outside } from "../../../src/core/outside.js";
import { isNetworkError, isTimeoutError, type RealtimeStatus } from "../../../src/index.js";
import { demo } from "../../support/backend.js";
import { eventually, openLive, openTabs, subject } from "../../support/live.js";
import { rejectionOf } from "../../support/rejection.js";
import { problem as refusal } from "../../support/server.js";
import { messagesDelivered } from "../../support/tab.js";

test("an event is acknowledged with data or a problem, never with both", async () => {
  const { sockets, tab } = await openTabs(1);
  const live = tab.realtime.of("/live");

  expect(await live.emit("whoami")).toEqual({ data: { name: subject } });
  expect(await live.emit("typing", { post_id: 7 })).toEqual({ data: null });
  const { data, problem } = await live.emit("typing", { post_id: 404 });
  expect(data).toBeUndefined();
  expect(problem).toMatchObject({ code: "NOT_FOUND", status: 404 });
  expect(sockets.typings).toEqual([{ post_id: 7 }, { post_id: 404 }]);
});

test("the server's events reach the listeners of their namespace and name", async () => {
  const browser = await openTabs(1, "session", { outside: { locks: null } });
  const [one, other] = [browser.tab, browser.open({ outside: { locks: null } })];
  const heardBy: unknown[] = [];
  const stop = one.realtime.of("/live").on("typing", (typing) => heardBy.push(typing));
  await eventually(() => expect(one.realtime.of("/live").status.state).toBe("open"));
  await other.realtime.of("/live").emit("typing", { post_id: 7 });
  await eventually(() => expect(heardBy).toEqual([{ post_id: 7, by: subject }]));
  stop();
  await other.realtime.of("/live").emit("typing", { post_id: 8 });
  await messagesDelivered();

  expect(heardBy).toHaveLength(1);
});

test("an event without an acknowledgement in ten seconds is a TimeoutError", async () => {
  const { tab, sockets } = await openTabs(1, "session", {
    outside: { sleep: (ms, signal) => outside.sleep(ms === 10_000 ? 100 : ms, signal) },
  });
  const error = await rejectionOf(tab.realtime.of("/live").emit("silence" as "whoami"));

  expect(isTimeoutError(error) && error.timeoutMs).toBe(10_000);
  expect(sockets.handshakes.map(({ path }) => path)).toEqual(["/notify", "/live"]);
});

/** Ends the ten seconds of an event early. */
const hasty = {
  sleep: (ms: number, signal: AbortSignal) => outside.sleep(ms === 10_000 ? 50 : ms, signal),
};

test("an event whose login is known too late is not sent after its TimeoutError", async () => {
  const gate = Promise.withResolvers<void>();
  const browser = await openTabs(0);
  const tab = browser.open({
    silent: true,
    outside: {
      ...hasty,
      async fetch(request) {
        await gate.promise;
        return fetch(request);
      },
    },
  });
  const live = tab.realtime.of("/live");
  expect(isTimeoutError(await rejectionOf(live.emit("typing", { post_id: 7 })))).toBe(true);
  gate.resolve();
  await live.emit("typing", { post_id: 8 });

  expect(browser.sockets.typings).toEqual([{ post_id: 8 }]);
});

for (const tabCount of [1, 2]) {
  test(`an event whose namespace opens too late is not sent after its TimeoutError, with ${tabCount} tabs`, async () => {
    let ahead = 0;
    const { sockets, tabs } = await openTabs(tabCount, "session", {
      outside: { ...hasty, now: () => Date.now() + ahead },
    });
    const admit = sockets.delay("/live");
    const live = tabs.at(-1)?.realtime.of("/live");
    const error = await rejectionOf(live?.emit("typing", { post_id: 7 }) as Promise<unknown>);
    expect(isTimeoutError(error)).toBe(true);
    ahead = 10_000;
    await messagesDelivered();
    admit();
    await eventually(() => expect(live?.status.state).toBe("open"));
    await live?.emit("typing", { post_id: 8 });

    expect(sockets.typings).toEqual([{ post_id: 8 }]);
  });
}

test("an event without a connection is a NetworkError at once, and is not sent later", async () => {
  const { sockets, tab } = await openTabs(1, "session", { outside: { random: () => 0.999 } });
  const live = tab.realtime.of("/live");
  await live.emit("whoami");
  sockets.setDown(true);
  await eventually(() => expect(live.status.state).toBe("waiting"));
  const error = await rejectionOf(live.emit("typing", { post_id: 7 }));
  expect(isNetworkError(error) && error.url).toMatch(/\/socket\.io\/live$/);
  sockets.setDown(false);
  await eventually(() => expect(live.status.state).toBe("open"));
  await live.emit("typing", { post_id: 8 });

  expect(sockets.typings).toEqual([{ post_id: 8 }]);
});

test("an event whose connection is lost before the acknowledgement is a NetworkError", async () => {
  const { sockets, tab } = await openTabs(1);
  const live = tab.realtime.of("/live");
  await live.emit("whoami");
  const error = rejectionOf(live.emit("silence" as "whoami"));
  await messagesDelivered();
  sockets.cut();

  expect(isNetworkError(await error)).toBe(true);
});

test("an event without a login is a problem, and makes no connection", async () => {
  const { sockets, open } = await openLive();
  const { data, problem } = await open().realtime.of("/live").emit("typing", { post_id: 7 });

  expect(data).toBeUndefined();
  expect(problem).toEqual(toProblem(undefined, new Response(null, { status: 401 }), 0));
  expect(sockets.connectionCount()).toBe(0);
});

for (const code of [
  "MISSING_ROLE",
  "INSUFFICIENT_SCOPE",
  "NOT_FOUND",
  "REAUTHENTICATION_REQUIRED",
]) {
  test(`a namespace that is refused with ${code} has that status, and the others go on`, async () => {
    const { sockets, tab } = await openTabs(1);
    sockets.refuse("/live", code, code === "NOT_FOUND" ? 404 : 403);
    const live = tab.realtime.of("/live");
    const calls: RealtimeStatus[] = [];
    live.onStatus((status) => calls.push(status));
    live.on("typing", () => {});
    await eventually(() =>
      expect(live.status).toMatchObject({ state: "refused", problem: { code } }),
    );
    expect((await live.emit("whoami")).problem?.code).toBe(code);
    sockets.notify(subject, "post-liked");
    await eventually(() => expect(tab.seqs).toEqual([1]));

    expect(calls.map(({ state }) => state)).toEqual(["connecting", "refused"]);
    expect(tab.states).toEqual(["connecting", "open"]);
    expect(sockets.connectionCount()).toBe(1);
  });
}

test("a namespace that the person may no longer use is refused, and tried again with the next connection", async () => {
  const { sockets, tab } = await openTabs(1);
  const live = tab.realtime.of("/live");
  await live.emit("whoami");
  sockets.end("MISSING_ROLE", 403, "/live");
  await eventually(() =>
    expect(live.status).toMatchObject({ state: "refused", problem: { code: "MISSING_ROLE" } }),
  );
  expect(tab.realtime.status.state).toBe("open");
  sockets.cut();

  await eventually(() => expect(live.status.state).toBe("open"));
});

test("a refused namespace that is the only one is not tried again before the next subscription", async () => {
  const { sockets, tab } = await openTabs(1);
  tab.close();
  const browser = await openTabs(0);
  browser.sockets.refuse("/live", "MISSING_ROLE");
  const other = browser.open({ silent: true });
  const live = other.realtime.of("/live");
  const stop = live.on("typing", () => {});
  await eventually(() => expect(live.status.state).toBe("refused"));
  await eventually(() => expect(browser.sockets.connections()).toBe(0));
  await messagesDelivered();
  expect(browser.sockets.handshakes).toHaveLength(1);
  browser.sockets.refuse("/live", null);
  stop();
  await eventually(() => expect(live.status.state).toBe("idle"));
  live.on("typing", () => {});

  await eventually(() => expect(live.status.state).toBe("open"));
  expect(sockets.connectionCount()).toBe(1);
});

test("a namespace that is left before the server answers can be opened again", async () => {
  const { sockets, tab } = await openTabs(1);
  const live = tab.realtime.of("/live");
  const states: string[] = [];
  live.onStatus(({ state }) => states.push(state));
  for (let round = 1; round <= 3; round++) {
    const connecting = new Promise<void>((resolve) => {
      const ended = live.onStatus(() => (ended(), resolve()));
    });
    const stop = live.on("typing", () => {});
    await connecting;
    stop();
    await eventually(() => expect(states.at(-1)).toBe("idle"));
    await eventually(() => expect(sockets.admitted).toHaveLength(1 + round));
    await eventually(() => expect(sockets.joined("/live")).toBe(0));
  }
  live.on("typing", () => {});
  await eventually(() => expect(live.status.state).toBe("open"));

  expect(states).not.toContain("refused");
  expect(tab.states).toEqual(["connecting", "open"]);
});

test("a namespace that the server closes without a reason is opened again, over the same connection", async () => {
  const { sockets, tab } = await openTabs(1);
  const live = tab.realtime.of("/live");
  let joined = 0;
  live.join("post:7", {
    onJoined: () => {
      joined += 1;
    },
  });
  await eventually(() => expect(joined).toBe(1));
  sockets.drop("/live");
  await eventually(() => expect(joined).toBe(2));

  expect(await live.emit("whoami")).toEqual({ data: { name: subject } });
  expect(sockets.handshakes.map(({ path }) => path)).toEqual(["/notify", "/live", "/live"]);
  expect(sockets.connectionCount()).toBe(1);
});

for (const [code, status] of [
  ["SERVICE_UNAVAILABLE", 503],
  ["INTERNAL_ERROR", 500],
  ["TOO_MANY_CONNECTIONS", 429],
  ["TOO_MANY_REQUESTS", 429],
] as const) {
  for (const ends of [false, true]) {
    test(`a namespace that ${ends ? "ends" : "fails"} with ${code} is tried again alone, and the others go on`, async () => {
      const { sockets, tab } = await openTabs(1);
      const live = tab.realtime.of("/live");
      const statuses: RealtimeStatus[] = [];
      if (ends) {
        await live.emit("whoami");
      }
      live.onStatus((each) => statuses.push(each));
      sockets.refuse("/live", code, status);
      live.on("typing", () => {});
      if (ends) {
        sockets.end(code, status, "/live");
      }
      await eventually(() => expect(sockets.handshakes.length).toBeGreaterThan(4));
      sockets.notify(subject, "post-liked");
      await eventually(() => expect(tab.seqs).toEqual([1]));
      sockets.refuse("/live", null);
      await eventually(() => expect(live.status).toEqual({ state: "open" }));

      expect(statuses.find(({ state }) => state === "waiting")).toMatchObject({
        problem: { code, status },
      });
      expect(await live.emit("whoami")).toEqual({ data: { name: subject } });
      expect(tab.states).toEqual(["connecting", "open"]);
      expect(sockets.handshakes.filter(({ path }) => path === "/notify")).toHaveLength(1);
      expect(sockets.connectionCount()).toBe(1);
    });
  }
}

test("a namespace that fails takes longer from try to try, and nobody waits for it", async () => {
  const waits: number[] = [];
  const { sockets, tab } = await openTabs(1, "session", {
    outside: {
      random: () => 0.5,
      sleep(ms, signal) {
        if (ms >= 5000) {
          return outside.sleep(ms, signal); // not those between two tries
        }
        waits.push(ms);
        return outside.sleep(waits.length < 4 ? 1 : 60_000, signal);
      },
    },
  });
  sockets.refuse("/live", "SERVICE_UNAVAILABLE", 503);
  const live = tab.realtime.of("/live");
  const stop = live.on("typing", () => {});
  await eventually(() => expect(waits).toEqual([250, 500, 1000, 2000]));
  expect(live.status).toMatchObject({ state: "waiting", problem: { code: "SERVICE_UNAVAILABLE" } });
  expect(isNetworkError(await rejectionOf(live.emit("whoami")))).toBe(true);
  await tab.auth.signOut();
  await tab.auth.signIn(demo);
  sockets.refuse("/live", null);
  stop();
  live.on("typing", () => {});

  await eventually(() => expect(live.status.state).toBe("open"));
});

test("a namespace that waits is tried at once when the page comes into view, and left when nobody wants it", async () => {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  const { sockets, tab } = await openTabs(1, "session", {
    outside: {
      random: () => 0.9,
      sleep: (ms, signal) => outside.sleep(ms < 500 ? 60_000 : ms, signal),
    },
  });
  vi.unstubAllGlobals();
  sockets.refuse("/live", "SERVICE_UNAVAILABLE", 503);
  const live = tab.realtime.of("/live");
  const stop = live.on("typing", () => {});
  await eventually(() => expect(live.status.state).toBe("waiting"));
  page.dispatchEvent(new Event("online"));
  await eventually(() => expect(sockets.handshakes).toHaveLength(3));
  await eventually(() => expect(live.status.state).toBe("waiting"));
  stop();
  await eventually(() => expect(live.status.state).toBe("idle"));
  page.dispatchEvent(new Event("online"));
  await messagesDelivered();

  expect(sockets.handshakes).toHaveLength(3);
  expect(tab.states).toEqual(["connecting", "open"]);
});

test("a namespace that something was emitted to stays open until the sign-out", async () => {
  const { sockets, tab } = await openTabs(1);
  await tab.realtime.of("/live").emit("whoami");
  await messagesDelivered();
  expect(sockets.joined("/live")).toBe(1);
  await tab.auth.signOut();
  await tab.auth.signIn(demo);
  await eventually(() => expect(tab.realtime.status.state).toBe("open"));

  expect(sockets.handshakes.map(({ path }) => path)).toEqual(["/notify", "/live", "/notify"]);
  expect(tab.realtime.of("/live").status.state).toBe("idle");
});

test("a failed authority is the problem of an event too", async () => {
  const { backend, open } = await openTabs(0);
  backend.override("/auth/session", () => refusal("SERVICE_UNAVAILABLE", 503));
  const { realtime } = open({ silent: true, retry: { limit: 0 } });

  expect((await realtime.of("/live").emit("whoami")).problem?.code).toBe("SERVICE_UNAVAILABLE");
});

test("a closed client emits nothing more", async () => {
  const { sockets, tab } = await openTabs(1);
  tab.close();
  const error = await rejectionOf(tab.realtime.of("/live").emit("typing", { post_id: 7 }));

  expect(isNetworkError(error)).toBe(true);
  expect(sockets.typings).toEqual([]);
});

test("a namespace that the server does not have is refused with NOT_FOUND", async () => {
  const { tab } = await openTabs(1);
  const gone = tab.realtime.of("/gone" as "/live");
  gone.on("typing", () => {});

  await eventually(() =>
    expect(gone.status).toMatchObject({ state: "refused", problem: { code: "NOT_FOUND" } }),
  );
});

test("a room is joined again after each reconnect, with onJoined() each time", async () => {
  const { sockets, tab } = await openTabs(1);
  const live = tab.realtime.of("/live");
  let joined = 0;
  const leave = live.join("post:7", {
    onJoined: () => {
      joined += 1;
    },
  });
  await eventually(() => expect(joined).toBe(1));
  sockets.cut();
  await eventually(() => expect(joined).toBe(2));
  expect(sockets.members("post:7")).toEqual([subject]);
  const calls: unknown[] = [];
  live.on("typing", (typing) => calls.push(typing));
  sockets.send("post:7", "typing", { post_id: 7, by: "Ada" });
  await eventually(() => expect(calls).toEqual([{ post_id: 7, by: "Ada" }]));
  leave();

  await eventually(() => expect(sockets.members("post:7")).toEqual([]));
  expect(joined).toBe(2);
});

test("onPeople() is called when the people in a room change", async () => {
  const { tab, open } = await openTabs(1, "session", { outside: { locks: null } });
  const calls: [string[], number][] = [];
  tab.realtime.of("/live").join("post:7", {
    onPeople: (people, count) => calls.push([people.map(({ name }) => name), count]),
  });
  await eventually(() => expect(calls).toHaveLength(1));
  const leave = open({ outside: { locks: null } })
    .realtime.of("/live")
    .join("post:7");
  await eventually(() => expect(calls).toHaveLength(2));
  leave();
  await eventually(() => expect(calls).toHaveLength(3));

  expect(calls).toEqual([
    [[subject], 1],
    [[subject, subject], 2],
    [[subject], 1],
  ]);
});

test("a room that refuses is a problem, and is tried again with the next connection", async () => {
  const { sockets, tab } = await openTabs(1);
  sockets.lock("post:7", "NOT_FOUND", 404);
  const calls: string[] = [];
  tab.realtime.of("/live").join("post:7", {
    onJoined: () => calls.push("joined"),
    onProblem: ({ code }) => calls.push(code),
  });
  await eventually(() => expect(calls).toEqual(["NOT_FOUND"]));
  sockets.lock("post:7", null);
  sockets.cut();

  await eventually(() => expect(calls).toEqual(["NOT_FOUND", "joined"]));
});

test("a room whose server is busy is tried again until there is an answer", async () => {
  const { sockets, tab } = await openTabs(1);
  sockets.lock("post:7", "TOO_MANY_REQUESTS", 429);
  const calls: string[] = [];
  tab.realtime.of("/live").join("post:7", {
    onJoined: () => calls.push("joined"),
    onProblem: ({ code }) => calls.push(code),
  });
  await eventually(() => expect(tab.realtime.of("/live").status.state).toBe("open"));
  await messagesDelivered();
  sockets.lock("post:7", null);

  await eventually(() => expect(calls).toEqual(["joined"]));
});
