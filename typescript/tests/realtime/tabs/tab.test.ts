/** The connection and the login, in both strategies: its end, its credential, and the renewal of the token. */
import { expect, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import { demo } from "../../support/backend.js";
import { eventually, isOpen, openTabs, strategies, subject } from "../../support/live.js";
import { problem } from "../../support/server.js";
import { messagesDelivered } from "../../support/tab.js";

/** Makes waits of more than a minute end when the test calls for it. */
function patient() {
  const waits: { ms: number; end(): void }[] = [];
  const sleep = (ms: number, signal: AbortSignal) => {
    if (ms <= 60_000) {
      return outside.sleep(ms, signal);
    }
    return new Promise<void>((end, reject) => {
      waits.push({ ms, end });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  return { waits, outside: { sleep } };
}

for (const strategy of strategies) {
  test(`a login that ends closes the connection, and there is no try before the next sign-in, by ${strategy}`, async () => {
    const { backend, sockets, tabs, tab } = await openTabs(2, strategy);
    const events: string[] = [];
    tab.on("session-expired", ({ name }) => events.push(name));
    sockets.notify(subject, "post-liked");
    await eventually(() => expect(tab.seqs).toEqual([1]));
    backend.endAll();
    sockets.watch();
    await eventually(() =>
      expect(tabs.map((each) => each.realtime.status.state)).toEqual(["idle", "idle"]),
    );
    sockets.notify(subject, "post-liked");
    await messagesDelivered();
    expect(sockets.connections()).toBe(0);
    const connectionsBefore = sockets.connectionCount();
    expect(events).toEqual(["session-expired"]);
    await tab.auth.signIn(demo);
    await eventually(() =>
      expect(tabs.map((each) => each.seqs)).toEqual([
        [1, 2],
        [1, 2],
      ]),
    );

    expect(sockets.connectionCount()).toBe(connectionsBefore + 1);
    expect(tabs.map((each) => each.stale())).toEqual([1, 1]);
  });

  test(`a handshake that is refused with an ended login ends it in the page too, by ${strategy}`, async () => {
    const { backend, sockets, tab } = await openTabs(1, strategy);
    backend.endAll();
    sockets.cut();
    await eventually(() => expect(tab.realtime.status).toEqual({ state: "idle" }));

    expect(await tab.auth.session()).toBeNull();
    expect(sockets.handshakes).toHaveLength(2);
  });

  test(`a refused credential of a login that lives is renewed: one handshake at once, later ones after waits, by ${strategy}`, async () => {
    const { sockets, tab } = await openTabs(1, strategy);
    sockets.refuse("/notify", "SESSION_EXPIRED", 401);
    sockets.end("SESSION_EXPIRED", 401);
    await eventually(() => expect(tab.states).toContain("waiting"));
    sockets.refuse("/notify", null);
    await eventually(() => expect(tab.realtime.status.state).toBe("open"));

    expect(tab.states.slice(0, 4)).toEqual(["connecting", "open", "connecting", "waiting"]);
    expect(await tab.auth.session()).not.toBeNull();
  });

  test(`an authority that cannot be reached is asked again, by ${strategy}`, async () => {
    const { backend, sockets, tab } = await openTabs(1, strategy, { retry: { limit: 0 } });
    for (const path of ["/auth/session", "/auth/refresh"]) {
      backend.override(path, () => problem("SERVICE_UNAVAILABLE", 503));
    }
    sockets.refuse("/notify", "SESSION_EXPIRED", 401);
    sockets.end("SESSION_EXPIRED", 401);
    await eventually(() => expect(tab.states).toContain("waiting"));
    backend.override("/auth/session", null);
    backend.override("/auth/refresh", null);
    sockets.refuse("/notify", null);

    await eventually(() => expect(tab.realtime.status.state).toBe("open"));
  });
}

test("the handshake has the access token in the token strategy, and only the cookie in the session strategy", async () => {
  const byToken = await openTabs(1, "token");
  const byCookie = await openTabs(1, "session");

  expect(byToken.sockets.handshakes[0]?.auth).toMatchObject({ token: "at-1", login: "login-1" });
  expect(byCookie.sockets.handshakes[0]?.auth).toEqual({ login: "login-1" });
});

test("a login by session cookie has a connection in the token strategy too", async () => {
  // The login is from before the server switched to tokens; the page knows the new strategy.
  const browser = await openTabs(0, "session");
  browser.backend.override("/auth/refresh", () => problem("UNAUTHENTICATED", 401));
  const tab = browser.open({
    config: { apiOrigin: browser.backend.origin, authStrategy: "token" },
  });
  await isOpen(tab);

  expect(browser.sockets.handshakes[0]?.auth).toEqual({ login: "login-1" });
});

test("a token is renewed over the open connection, once for all tabs", async () => {
  const { waits, outside: parts } = patient();
  const { backend, sockets, tabs } = await openTabs(3, "token", { outside: parts });
  await eventually(() => expect(waits).toHaveLength(1));
  expect(waits[0]?.ms).toBeGreaterThan(0.8 * 900_000 - 1000);
  expect(waits[0]?.ms).toBeLessThan(0.9 * 900_000);
  waits[0]?.end();
  await eventually(() => expect(sockets.renewals).toEqual(["at-2"]));
  await eventually(() => expect(waits).toHaveLength(2));
  waits[1]?.end();
  await eventually(() => expect(sockets.renewals).toEqual(["at-2", "at-3"]));

  expect(backend.to("/auth/refresh")).toHaveLength(2);
  expect(sockets.handshakes).toHaveLength(1);
  expect(tabs.flatMap((tab) => tab.states)).toEqual(tabs.flatMap(() => ["connecting", "open"]));
});

test("a token that a request has renewed is sent, without another refresh", async () => {
  const { waits, outside: parts } = patient();
  const { backend, sockets, tab } = await openTabs(1, "token", { outside: parts });
  await eventually(() => expect(waits).toHaveLength(1));
  await tab.auth.accessToken({ fresh: true });
  waits[0]?.end();
  await eventually(() => expect(sockets.renewals).toEqual(["at-2"]));

  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("a renewal that fails is tried again", async () => {
  const { waits, outside: parts } = patient();
  const pauses: number[] = [];
  const { backend, sockets } = await openTabs(1, "token", {
    retry: { limit: 0 },
    outside: {
      sleep(ms, signal) {
        if (ms === 15_000) {
          pauses.push(ms);
          backend.override("/auth/refresh", null);
          return Promise.resolve();
        }
        return parts.sleep(ms, signal);
      },
    },
  });
  await eventually(() => expect(waits).toHaveLength(1));
  backend.override("/auth/refresh", () => problem("SERVICE_UNAVAILABLE", 503));
  waits[0]?.end();
  // The clock has not moved, so that there is another wait for the renewal.
  await eventually(() => expect(waits).toHaveLength(2));
  waits[1]?.end();
  await eventually(() => expect(sockets.renewals).toEqual(["at-2"]));

  expect(pauses).toEqual([15_000]);
  expect(sockets.handshakes).toHaveLength(1);
});

test("a renewal that the server refuses is followed by a handshake with another token", async () => {
  const { waits, outside: parts } = patient();
  const { backend, sockets, tab } = await openTabs(1, "token", { outside: parts });
  await eventually(() => expect(waits).toHaveLength(1));
  await tab.auth.accessToken({ fresh: true });
  backend.families.forgetKeys();
  waits[0]?.end();
  await eventually(() => expect(sockets.handshakes).toHaveLength(2));
  await eventually(() => expect(tab.realtime.status.state).toBe("open"));

  expect(sockets.renewals).toEqual([]);
  expect(sockets.handshakes[1]?.auth.token).toBe("at-3");
});

test("an expired token is replaced, and the connection is made again at once", async () => {
  const { sockets, tab } = await openTabs(1, "token");
  sockets.end("TOKEN_EXPIRED", 401);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([1]));

  expect(sockets.handshakes.map(({ auth }) => auth.token)).toEqual(["at-1", "at-2"]);
  expect(tab.states).toEqual(["connecting", "open", "connecting", "open"]);
});

test("a token that the handshake refuses is replaced at once, and later after waits", async () => {
  const { backend, sockets, tab } = await openTabs(1, "token");
  sockets.refuse("/notify", "INVALID_TOKEN", 401);
  sockets.cut();
  await eventually(() => expect(backend.to("/auth/refresh").length).toBeGreaterThan(3));
  sockets.refuse("/notify", null);
  await eventually(() => expect(tab.realtime.status.state).toBe("open"));

  // After the loss: a refused handshake, one with another token at once, and that refused too.
  expect(tab.states.slice(0, 7)).toEqual([
    "connecting",
    "open",
    "waiting",
    "connecting",
    "waiting",
    "connecting",
    "waiting",
  ]);
});
