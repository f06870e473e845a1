/** A login that is bound to the key of its browser. */
import { createHash, createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { browserKey } from "../../../src/auth/dpop/browser-key.js";
import { createDovetail } from "../../../src/index.js";
import { type Backend, demo, serveBackend } from "../../support/backend.js";
import { type Answer, problem, type Received } from "../../support/server.js";
import { openTab, type TabOptions } from "../../support/tab.js";

interface Proof {
  header: { typ: string; alg: string; jwk: Record<string, string> };
  claims: { jti: string; htm: string; htu: string; iat: number; nonce?: string };
}

/** Reads the claims of a proof, and checks that its signature is by the key in it. */
function read({ headers }: Received): Proof {
  const [head = "", payload = "", signature = ""] = String(headers["dpop"]).split(".");
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const header = parse(head);
  const key = createPublicKey({ key: header.jwk, format: "jwk" });
  const isSigned = verify(
    "sha256",
    Buffer.from(`${head}.${payload}`),
    { key, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  expect(isSigned).toBe(true);
  return { header, claims: parse(payload) };
}

function thumbprint({ header: { jwk } }: Proof): string {
  const { crv, kty, x, y } = jwk;
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

/** Makes the key store of one browser: all its tabs get the same key. */
function keyStore() {
  const keys = new Map<string, Promise<CryptoKeyPair>>();
  return async (name: string) => {
    const key =
      keys.get(name) ??
      crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    keys.set(name, key);
    return key;
  };
}

function openProvingTab(backend: Backend, options: TabOptions = {}) {
  return openTab(backend.origin, {
    ...options,
    config: { apiOrigin: backend.origin, authStrategy: "token", dpop: true },
    outside: { key: keyStore(), locks: navigator.locks, ...options.outside },
  });
}

/** Answers a path by `judge`, and as usual where it returns `null`. */
function guard(backend: Backend, path: string, judge: (request: Received) => Answer | null) {
  const answer = (request: Received): Answer | Promise<Answer> => {
    const refusal = judge(request);
    if (refusal) {
      return refusal;
    }
    const rt = /rt=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
    return path === "/auth/refresh"
      ? backend.families.refresh(rt)
      : backend.families.begin({ id: "login-1", subject: "demo@example.com" });
  };
  backend.override(path, answer);
}

const wantsNonce = () =>
  problem("INVALID_DPOP_PROOF", 401, {
    headers: { "DPoP-Nonce": "1.sealed", "WWW-Authenticate": 'DPoP error="use_dpop_nonce"' },
  });

test("only a sign-in and a refresh carry a proof, each its own, by one key", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const { auth, api } = openProvingTab(backend);
  await auth.signIn(demo);
  await api.GET("/api/posts");
  await auth.accessToken({ fresh: true });
  await auth.session({ fresh: true });
  await auth.signOut();

  const [login, refresh] = [...backend.to("/auth/login"), ...backend.to("/auth/refresh")].map(read);
  for (const [proof, path] of [
    [login, "/auth/login"],
    [refresh, "/auth/refresh"],
  ] as const) {
    expect(proof?.header).toMatchObject({ typ: "dpop+jwt", alg: "ES256" });
    expect(Object.keys(proof?.header.jwk ?? {}).toSorted()).toEqual(["crv", "kty", "x", "y"]);
    expect(proof?.claims).toMatchObject({ htm: "POST", htu: backend.origin + path });
    expect(Math.abs((proof?.claims.iat ?? 0) - Date.now() / 1000)).toBeLessThan(5);
    expect(proof?.claims).not.toHaveProperty("nonce");
  }
  expect(login?.claims.jti).not.toBe(refresh?.claims.jti);
  expect(thumbprint(login as Proof)).toBe(thumbprint(refresh as Proof));
  const others = backend.received.filter(({ headers }) => !("dpop" in headers));
  expect(others.map(({ url }) => url)).toEqual(["/api/posts", "/auth/session", "/auth/logout"]);
});

test("no key is made when the server does not want proofs", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const { auth } = openTab(backend.origin, {
    config: { apiOrigin: backend.origin, authStrategy: "token" },
    outside: { key: () => expect.fail("a key was requested") },
  });
  await auth.signIn(demo);
  await auth.accessToken({ fresh: true });
  expect(backend.received.filter(({ headers }) => "dpop" in headers)).toEqual([]);
});

test("the tabs of one browser have the same key", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const [jar, key] = [new Map<string, string>(), keyStore()];
  const first = openProvingTab(backend, { jar, outside: { key } });
  const second = openProvingTab(backend, { jar, outside: { key, openChannel: () => null } });
  await first.auth.signIn(demo);
  await second.auth.accessToken({ fresh: true });
  const [one, other] = [...backend.to("/auth/login"), ...backend.to("/auth/refresh")].map(read);
  expect(thumbprint(one as Proof)).toBe(thumbprint(other as Proof));
});

test("a request that is answered with a nonce is sent again with it, body included", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const judge = (request: Received) =>
    read(request).claims.nonce === "1.sealed" ? null : wantsNonce();
  guard(backend, "/auth/login", judge);
  guard(backend, "/auth/refresh", judge);
  const { auth } = openProvingTab(backend, { outside: { now: () => Date.now() - 7_200_000 } });

  expect((await auth.signIn(demo)).data?.subject).toBe(demo.email);
  expect(await auth.accessToken({ fresh: true })).toBe("at-2");
  const logins = backend.to("/auth/login");
  expect(logins.map(({ body }) => JSON.parse(String(body)))).toEqual([demo, demo]);
  const proofs = [...logins, ...backend.to("/auth/refresh")].map(read);
  expect(proofs.map(({ claims }) => claims.nonce)).toEqual([
    undefined,
    "1.sealed",
    undefined,
    "1.sealed",
  ]);
  expect(new Set(proofs.map(({ claims }) => claims.jti)).size).toBe(4);
});

test("a request is sent again with a nonce once, and its refusal does not end the login", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const tab = openProvingTab(backend);
  await tab.auth.signIn(demo);
  let ended = 0;
  tab.on("session-expired", () => {
    ended += 1;
  });
  backend.override("/auth/refresh", wantsNonce);

  await expect(tab.auth.accessToken({ fresh: true })).rejects.toMatchObject({
    problem: { code: "INVALID_DPOP_PROOF" },
  });
  expect(backend.to("/auth/refresh")).toHaveLength(2);
  expect(ended).toBe(0);
});

test("a browser that has lost its key must sign in again, also in a page that just opened", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const jar = new Map<string, string>();
  const first = openProvingTab(backend, { jar });
  await first.auth.signIn(demo);
  const key = thumbprint(read(backend.to("/auth/login")[0] as Received));
  guard(backend, "/auth/refresh", (request) =>
    thumbprint(read(request)) === key ? null : problem("INVALID_DPOP_PROOF", 401),
  );
  const second = openProvingTab(backend, { jar, outside: { openChannel: () => null } });
  const codes: (string | undefined)[] = [];
  second.on("session-expired", ({ code }) => codes.push(code));

  const { problem: refusal } = await second.api.GET("/api/posts");
  expect(refusal).toMatchObject({ status: 401, code: "INVALID_DPOP_PROOF" });
  expect(codes).toEqual(["INVALID_DPOP_PROOF"]);
  expect(await first.auth.accessToken({ fresh: true })).toBe("at-2");
  expect((await second.auth.signIn(demo)).data?.subject).toBe(demo.email);
});

test("each retry after a lost answer has a proof of its own", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const { auth } = openProvingTab(backend);
  await auth.signIn(demo);
  let lost = 2;
  guard(backend, "/auth/refresh", () => {
    lost -= 1;
    return lost >= 0 ? problem("SERVICE_UNAVAILABLE", 503) : null;
  });
  expect(await auth.accessToken({ fresh: true })).toBe("at-2");
  const ids = backend.to("/auth/refresh").map((request) => read(request).claims.jti);
  expect(new Set(ids).size).toBe(3);
});

test.each([
  ["gives none", async () => null],
  ["refuses", () => Promise.reject(new DOMException("no storage", "InvalidStateError"))],
])("a browser whose key store %s signs in without a proof", async (_, key) => {
  const backend = await serveBackend({ strategy: "token" });
  const { auth } = openProvingTab(backend, { outside: { key } });
  expect((await auth.signIn(demo)).data?.subject).toBe(demo.email);
  expect(await auth.accessToken({ fresh: true })).toBe("at-2");
  expect(backend.received.filter(({ headers }) => "dpop" in headers)).toEqual([]);
});

test("a key store that failed once is asked again", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const working = keyStore();
  let refusals = 1;
  const key = async (name: string) => {
    refusals -= 1;
    return refusals < 0 ? working(name) : Promise.reject(new DOMException("busy", "UnknownError"));
  };
  const { auth } = openProvingTab(backend, { outside: { key } });
  await auth.signIn(demo);
  await auth.accessToken({ fresh: true });
  expect(backend.to("/auth/login")[0]?.headers).not.toHaveProperty("dpop");
  expect(backend.to("/auth/refresh")[0]?.headers).toHaveProperty("dpop");
});

test("a key store that never answers does not outlast the time limit", async () => {
  const backend = await serveBackend({ strategy: "token" });
  const { auth } = openProvingTab(backend, {
    timeoutMs: 50,
    outside: { key: () => new Promise(() => {}) },
  });
  await expect(auth.signIn(demo)).rejects.toMatchObject({ name: "TimeoutError" });
  expect(backend.received).toEqual([]);
});

test("there is no key outside browsers", async () => {
  expect(await browserKey("a name")).toBeNull();
  const { config } = createDovetail({ config: { apiOrigin: "https://api.example.com" } });
  expect(config.dpop).toBe(false);
});
