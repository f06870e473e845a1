/** What a browser makes of each answer to a refresh, by the vectors that both halves read. */
import { expect, test } from "vitest";
import { outside } from "../../../src/core/outside.js";
import type { AuthEvent } from "../../../src/index.js";
import { type Backend, demo, serveBackend } from "../../support/backend.js";
import { problem } from "../../support/server.js";
import { messagesDelivered, openTab, type TabOptions } from "../../support/tab.js";
import { answerOf, type RefreshVector, refreshVectors } from "../../support/vectors.js";

const SILENCE_MS = 3000;

const grant = refreshVectors[0]?.answer as RefreshVector["answer"];
const granted = grant.body as { access_token: string; login: object };

/** A backend whose refreshes are answered by a vector once a tab has signed in, and the tabs of one browser. */
async function openVector({ answer }: RefreshVector) {
  const backend = await serveBackend({ strategy: "token" });
  const jar = new Map<string, string>();
  const waits: number[] = [];
  const keys = new Map<string, Promise<CryptoKeyPair>>();
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  let passed = 0;
  backend.override("/auth/login", () => ({ body: { ...granted, access_token: "the-first" } }));
  backend.override("/auth/session", () => ({ body: { login: granted.login } }));
  backend.override("/api/posts", ({ headers }) =>
    headers.authorization ? { body: { items: [] } } : problem("UNAUTHENTICATED", 401),
  );
  const open = (options: TabOptions = {}) =>
    openTab(backend.origin, {
      jar,
      ...options,
      config: { apiOrigin: backend.origin, authStrategy: "token", dpop: true },
      outside: {
        locks: navigator.locks,
        now: () => Date.now() + passed,
        key: (name) => {
          const key = keys.get(name) ?? crypto.subtle.generateKey(algorithm, false, ["sign"]);
          keys.set(name, key as Promise<CryptoKeyPair>);
          return key as Promise<CryptoKeyPair>;
        },
        // The waits between two tries are recorded instead of waited for.
        sleep: async (ms, signal) =>
          ms === SILENCE_MS ? outside.sleep(ms, signal) : void waits.push(ms),
        ...options.outside,
      },
    });
  return {
    backend,
    waits,
    open,
    /** Lets the access tokens expire. From now on refreshes are answered by the vector. */
    begin() {
      passed = 3_600_000;
      backend.override("/auth/refresh", () => answerOf(answer));
      backend.received.length = 0;
    },
  };
}

const bearers = (backend: Backend) =>
  backend.to("/api/posts").map(({ headers }) => headers.authorization ?? null);

test.each(refreshVectors)("a tab that is signed in: $case, $name", async (vector) => {
  const { client } = vector;
  const { backend, waits, open, begin } = await openVector(vector);
  const [tab, other] = [open(), open()];
  const heard: AuthEvent[][] = [[], []];
  await tab.auth.signIn(demo);
  await other.auth.session();
  await messagesDelivered();
  for (const [index, each] of [tab, other].entries()) {
    for (const name of ["signed-in", "signed-out", "session-expired"] as const) {
      each.on(name, (event) => heard[index]?.push(event));
    }
  }
  begin();
  const { problem: refusal } = await tab.api.GET("/api/posts");

  expect(backend.to("/auth/refresh")).toHaveLength(client.tries);
  if (client.request === "granted") {
    const { access_token, login } = vector.answer.body as typeof granted;
    expect(bearers(backend)).toEqual([`Bearer ${access_token}`]);
    expect(await tab.auth.session()).toEqual(login);
    // The other tab has got the token, too.
    await messagesDelivered();
    expect(await other.auth.accessToken()).toBe(access_token);
    expect(backend.to("/auth/refresh")).toHaveLength(1);
  } else {
    expect(refusal).toMatchObject({ ...(vector.answer.body as object), code: client.request });
    expect(refusal?.retryAfter).toBe(client.retryAfterSeconds);
    expect(bearers(backend)).toEqual([]);
  }
  const least = (client.retryAfterSeconds ?? 0) * 1000;
  expect(waits.filter((ms) => ms < least || ms > least + 2000)).toEqual([]);

  await messagesDelivered();
  if (client.login === "kept") {
    expect(heard).toEqual([[], []]);
    expect(await tab.auth.session()).not.toBeNull();
  } else {
    const event = { name: "session-expired", login: null, code: client.request };
    expect(heard).toEqual([[{ ...event, elsewhere: false }], [{ ...event, elsewhere: true }]]);
    expect(await tab.auth.session()).toBeNull();
    expect(await tab.auth.accessToken()).toBeNull();
  }
});

test.each(refreshVectors)("a page that has just opened: $case, $name", async (vector) => {
  const { client } = vector;
  const { backend, open, begin } = await openVector(vector);
  await open().auth.signIn(demo);
  begin();
  const page = open({ outside: { openChannel: () => null } });
  const { problem: refusal } = await page.api.GET("/api/posts");

  if (client.newPage === "granted") {
    const { access_token } = vector.answer.body as typeof granted;
    expect(bearers(backend)).toEqual([`Bearer ${access_token}`]);
  } else if (client.newPage === "anonymous") {
    expect(bearers(backend)).toEqual([null]);
    expect(refusal?.code).toBe("UNAUTHENTICATED");
  } else {
    expect(bearers(backend)).toEqual([]);
    expect(refusal?.code).toBe(client.newPage);
  }
});
