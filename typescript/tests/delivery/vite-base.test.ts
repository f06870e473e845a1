/** The development server of a page below a path (Vite's `base`), for each place that Flask may be at. */
import { rm } from "node:fs/promises";
import { createServer as createBackend, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type ViteDevServer } from "vite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { dovetail } from "../../src/delivery/vite.js";
import { writeFrontend } from "../support/frontend.js";

let root: string;
let backend: Server;
let vite: ViteDevServer | undefined;

beforeEach(async () => {
  root = await writeFrontend();
  backend = createBackend(({ url }, response) => {
    response.setHeader("Content-Security-Policy", `script-src ${url}`);
    response.end(url);
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await vite?.close();
  backend.close();
  await rm(root, { recursive: true });
});

/** Starts Vite's server, and returns a function that asks it. */
async function start(base: string, mount = "") {
  const { port } = backend.address() as AddressInfo;
  vite = await createServer({
    root,
    base,
    configFile: false,
    logLevel: "silent",
    server: { host: "127.0.0.1", port: 0, ws: false },
    plugins: [dovetail({ backend: `http://127.0.0.1:${port}${mount}` })],
  });
  await vite.listen();
  const origin = `http://127.0.0.1:${(vite.httpServer!.address() as AddressInfo).port}`;
  return (path: string, headers: Record<string, string> = {}) => fetch(origin + path, { headers });
}

const answerOf = (response: Response) => response.text();

it("asks a Flask at the root without the base, and hands on what it asks for there", async () => {
  const ask = await start("/app/");
  expect(await answerOf(await ask("/app/config.js"))).toBe("/config.js");
  expect(await answerOf(await ask("/app/api/posts?limit=2"))).toBe("/api/posts?limit=2");
  expect(await answerOf(await ask("/api/posts"))).toBe("/api/posts");
});

it.each(["/app/", "/page/"])("asks a Flask below /app where it is: base %s", async (base) => {
  const ask = await start(base, "/app");
  expect(await answerOf(await ask(`${base}config.js`))).toBe("/app/config.js");
  expect(await answerOf(await ask("/app/api/posts"))).toBe("/app/api/posts");
});

it.each(["/app/", "/static/app/"])("is the page elsewhere below %s", async (base) => {
  const ask = await start(base);
  for (const path of [base, `${base}posts/7`, `${base}apiary`]) {
    const page = await ask(path, { Accept: "text/html" });
    const html = await page.text();
    expect(html).toContain(`src="${base}config.js"`);
    expect(page.headers.get("Content-Security-Policy")).toContain("/config.js");
  }
});
