/** The development server, when Dovetail's own routes have been moved. */
import { rm } from "node:fs/promises";
import { createServer as createBackend, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createLogger, createServer, type ViteDevServer } from "vite";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dovetail } from "../../src/delivery/vite.js";
import { writeFrontend } from "../support/frontend.js";

let root: string;
let backend: Server;
let vite: ViteDevServer | undefined;
const warnings: string[] = [];

beforeEach(async () => {
  warnings.length = 0;
  root = await writeFrontend();
  backend = createBackend(({ url }, response) => {
    response.end(
      url === "/config.js"
        ? 'window.__APP_CONFIG__ = Object.freeze({"apiOrigin":"","routesPrefix":"/_dovetail"});'
        : `Flask ${url}`,
    );
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await vite?.close();
  backend.close();
  await rm(root, { recursive: true });
});

/** Starts Vite's server, and returns a function that asks it for a text. */
async function start(options: { routesPrefix?: string; apiPrefixes?: string[] } = {}) {
  const { port } = backend.address() as AddressInfo;
  vite = await createServer({
    root,
    configFile: false,
    customLogger: {
      ...createLogger("silent"),
      warnOnce: (message) => void warnings.push(message),
    },
    server: { host: "127.0.0.1", port: 0, ws: false },
    plugins: [dovetail({ backend: `http://127.0.0.1:${port}`, ...options })],
  });
  await vite.listen();
  const origin = `http://127.0.0.1:${(vite.httpServer!.address() as AddressInfo).port}`;
  return async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(origin + path, { headers })).text();
}

it.each(["DOVETAIL_ROUTES_PREFIX", "FLASK_DOVETAIL_ROUTES_PREFIX"])(
  "passes on what is below the environment's %s",
  async (name) => {
    vi.stubEnv(name, "/_dovetail");
    const ask = await start();
    expect(await ask("/_dovetail/auth/login")).toBe("Flask /_dovetail/auth/login");
    expect(await ask("/api/posts")).toBe("Flask /api/posts");
    expect(await ask("/_dovetails", { Accept: "text/html" })).toContain("<html");
    expect(warnings).toEqual([]);
  },
);

it("passes on what is below its option, in place of the environment's", async () => {
  vi.stubEnv("DOVETAIL_ROUTES_PREFIX", "/other");
  const ask = await start({ routesPrefix: "/_dovetail", apiPrefixes: ["/api"] });
  expect(await ask("/_dovetail/files")).toBe("Flask /_dovetail/files");
});

it("says what to do where Flask has moved them and it was not told", async () => {
  const ask = await start();
  await ask("/", { Accept: "text/html" });
  expect(warnings).toEqual([expect.stringContaining('dovetail({ routesPrefix: "/_dovetail" })')]);
});
