import { rm } from "node:fs/promises";
import { createServer as createBackend, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type ViteDevServer } from "vite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DELIVERY_API_PREFIXES } from "../../src/core/wire/delivery.js";
import { dovetail } from "../../src/delivery/vite.js";
import { writeFrontend } from "../support/frontend.js";

let root: string;
let backend: Server;
let vite: ViteDevServer;
let origin: string;
/** What Flask sends with `/config.js` in development. */
let policy: Record<string, string> = {};

beforeEach(async () => {
  root = await writeFrontend();
  backend = createBackend((incoming, response) => {
    response.setHeader("Set-Cookie", "sid=1; HttpOnly; SameSite=Lax");
    response.setHeader("X-Host", incoming.headers.host ?? "");
    if (incoming.url === "/config.js") {
      response.setHeaders(new Map(Object.entries(policy)));
    }
    response.end(`${incoming.method} ${incoming.url}`);
  });
  // The first step of a socket server: accept, and name the address that was requested.
  backend.on("upgrade", (incoming, socket) => {
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Path: ${incoming.url}\r\n\r\n`,
    );
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  vite = await createServer({
    root,
    configFile: false,
    logLevel: "silent",
    server: { host: "127.0.0.1", port: 0, ws: false },
    plugins: [dovetail({ backend: `http://127.0.0.1:${(backend.address() as AddressInfo).port}` })],
  });
  await vite.listen();
  policy = {};
  origin = `http://127.0.0.1:${(vite.httpServer!.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await vite.close();
  backend.close();
  await rm(root, { recursive: true });
});

describe("the development server", () => {
  it.each([
    ...DELIVERY_API_PREFIXES,
    "/api/posts?limit=2",
    "/auth/session",
    "/config.js",
    "/openapi.json",
  ])("hands %s to Flask", async (path) => {
    const response = await fetch(origin + path);
    expect(await response.text()).toBe(`GET ${path}`);
    expect(response.headers.getSetCookie()).toEqual(["sid=1; HttpOnly; SameSite=Lax"]);
  });

  it("passes bodies and the browser's Host on to Flask", async () => {
    const response = await fetch(`${origin}/api/posts`, { method: "POST", body: "{}" });
    expect(await response.text()).toBe("POST /api/posts");
    expect(response.headers.get("X-Host")).toBe(new URL(origin).host);
  });

  it.each(["/", "/posts/7", "/apiary", "/authors", "/docs-and-more"])(
    "answers %s with the page",
    async (path) => {
      const response = await fetch(origin + path, { headers: { Accept: "text/html" } });
      expect(response.headers.get("Content-Type")).toContain("text/html");
      expect(await response.text()).toContain('src="/config.js"');
    },
  );

  it("passes sockets on to Flask", async () => {
    const path = "/socket.io/?EIO=4&transport=websocket";
    const upgrade = request(origin + path, {
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    });
    const answered = new Promise<string | undefined>((resolve, reject) => {
      upgrade.on("upgrade", (response, socket) => {
        socket.destroy();
        resolve(response.headers["x-path"] as string | undefined);
      });
      upgrade.on("error", reject);
    });
    upgrade.end();
    expect(await answered).toBe(path);
  });

  it("names the address of Flask while Flask does not answer", async () => {
    const { port } = backend.address() as AddressInfo;
    backend.closeAllConnections();
    await new Promise((resolve) => backend.close(resolve));
    const response = await fetch(`${origin}/api/posts`);
    expect(response.status).toBe(502);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      code: "BAD_GATEWAY",
      status: 502,
      detail: `Flask does not answer at http://127.0.0.1:${port}.`,
    });
  });

  const openPage = (path = "/") => fetch(origin + path, { headers: { Accept: "text/html" } });

  it("sends the page with the policy that Flask would send, and with the nonce of its own scripts", async () => {
    policy = {
      "Content-Security-Policy": "script-src 'self'; style-src 'self'; frame-ancestors 'none'",
      "Cross-Origin-Opener-Policy": "same-origin",
    };
    const page = await openPage("/users/jane.doe");
    const html = await page.text();
    const nonce = /<script[^>]* nonce="([^"]+)"/.exec(html)?.[1];
    expect(nonce).toMatch(/^[\w+/]{22}==$/);
    expect(page.headers.get("Content-Security-Policy")).toBe(
      `script-src 'nonce-${nonce}' 'self'; style-src 'nonce-${nonce}' 'self'; frame-ancestors 'none'`,
    );
    expect(page.headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    expect(html.match(/<script(?![^>]* nonce=)/)).toBeNull();
  });

  it("sends the page without a policy where Flask names none, or does not answer", async () => {
    expect((await openPage()).headers.get("Content-Security-Policy")).toBeNull();
    backend.close();
    const page = await openPage();
    expect(page.status).toBe(200);
    expect(page.headers.get("Content-Security-Policy")).toBeNull();
  });

  it("lets Vite's client wait for a restart without the worker that the policy forbids", async () => {
    const client = await (await fetch(`${origin}/@vite/client`)).text();
    expect(client).toContain("new SharedWorker");
    expect(client).not.toContain("typeof SharedWorker");
    expect(client).toContain("function waitForSuccessfulPing(socketUrl) {\n\tif (true) {");
  });
});
