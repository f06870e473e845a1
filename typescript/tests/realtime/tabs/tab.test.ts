/** A connection lives as long as its login, in both strategies, and is proved by what the authority gave last. */
import { expect, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import { demo } from "../../support/backend.js";
import { eventually, isOpen, openTabs, strategies, subject } from "../../support/live.js";
import { problem } from "../../support/server.js";
import { heard } from "../../support/tab.js";

/** Waits of more than a minute end when the test says so. */
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
  test(`a login that ends closes the connection, and nothing is tried again until there is one, by ${strategy}`, async () => {
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
    await heard();
    expect(sockets.connections()).toBe(0);
    const made = sockets.made();
    expect(events).toEqual(["session-expired"]);
    await tab.auth.signIn(demo);
    await eventually(() =>
      expect(tabs.map((each) => each.seqs)).toEqual([
        [1, 2],
        [1, 2],
      ]),
    );

    expect(sockets.made()).toBe(made + 1);
    expect(tabs.map((each) => each.stale())).toEqual([1, 1]);
  });

  test(`a reconnect that meets an ended login ends it here too, by ${strategy}`, async () => {
    const { backend, sockets, tab } = await openTabs(1, strategy);
    backend.endAll();
    sockets.cut();
    await eventually(() => expect(tab.realtime.status).toEqual({ state: "idle" }));

    expect(await tab.auth.session()).toBeNull();
    expect(sockets.handshakes).toHaveLength(2);
  });

  test(`an end that the authority knows nothing of is no end: reconnected at once, and with pauses when it goes on, by ${strategy}`, async () => {
    const { sockets, tab } = await openTabs(1, strategy);
    sockets.refuse("/notify", "SESSION_EXPIRED", 401);
    sockets.end("SESSION_EXPIRED", 401);
    await eventually(() => expect(tab.states).toContain("waiting"));
    sockets.refuse("/notify", null);
    await eventually(() => expect(tab.realtime.status.state).toBe("open"));

    expect(tab.states.slice(0, 4)).toEqual(["connecting", "open", "connecting", "waiting"]);
    expect(await tab.auth.session()).not.toBeNull();
  });

  test(`an authority that is out of reach is asked again, by ${strategy}`, async () => {
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

test("the handshake carries the access token in the token strategy, and nothing but the cookie in the other", async () => {
  const byToken = await openTabs(1, "token");
  const byCookie = await openTabs(1, "session");

  expect(byToken.sockets.handshakes[0]?.auth).toMatchObject({ token: "at-1", login: "login-1" });
  expect(byCookie.sockets.handshakes[0]?.auth).toEqual({ login: "login-1" });
});

test("in the token strategy, too, a login by the session cookie has a connection", async () => {
  // Begun before the strategy was switched: the page knows of the new one, the login is of the old.
  const browser = await openTabs(0, "session");
  browser.backend.override("/auth/refresh", () => problem("UNAUTHENTICATED", 401));
  const tab = browser.open({
    config: { apiOrigin: browser.backend.origin, authStrategy: "token" },
  });
  await isOpen(tab);

  expect(browser.sockets.handshakes[0]?.auth).toEqual({ login: "login-1" });
});

test("a token is renewed in place when a request would have it renewed, once for all tabs", async () => {
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

test("a token that a request has had renewed meanwhile is the one that renews", async () => {
  const { waits, outside: parts } = patient();
  const { backend, sockets, tab } = await openTabs(1, "token", { outside: parts });
  await eventually(() => expect(waits).toHaveLength(1));
  await tab.auth.accessToken({ fresh: true });
  waits[0]?.end();
  await eventually(() => expect(sockets.renewals).toEqual(["at-2"]));

  expect(backend.to("/auth/refresh")).toHaveLength(1);
});

test("a renewal that cannot reach the authority is tried again", async () => {
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
  // The clock has not moved: the time of the token's renewal is waited for once more.
  await eventually(() => expect(waits).toHaveLength(2));
  waits[1]?.end();
  await eventually(() => expect(sockets.renewals).toEqual(["at-2"]));

  expect(pauses).toEqual([15_000]);
  expect(sockets.handshakes).toHaveLength(1);
});

test("a renewal that the server refuses leads to a new handshake, with another token", async () => {
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

test("an expired token is replaced, and the connection made anew at once", async () => {
  const { sockets, tab } = await openTabs(1, "token");
  sockets.end("TOKEN_EXPIRED", 401);
  sockets.notify(subject, "post-liked");
  await eventually(() => expect(tab.seqs).toEqual([1]));

  expect(sockets.handshakes.map(({ auth }) => auth.token)).toEqual(["at-1", "at-2"]);
  expect(tab.states).toEqual(["connecting", "open", "connecting", "open"]);
});

test("a token that the handshake refuses is replaced once, and then with pauses", async () => {
  const { backend, sockets, tab } = await openTabs(1, "token");
  sockets.refuse("/notify", "INVALID_TOKEN", 401);
  sockets.cut();
  await eventually(() => expect(backend.to("/auth/refresh").length).toBeGreaterThan(3));
  sockets.refuse("/notify", null);
  await eventually(() => expect(tab.realtime.status.state).toBe("open"));

  // Cut; refused, and with another token at once; refused again.
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
