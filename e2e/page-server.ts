/** Serves the built page from an origin of its own, as a CDN would, with the `/config.js` that Flask writes for it. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { root } from "./root.ts";

const dist = join(root, "starter/frontend/dist");
const kinds: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

export async function servePage(origin: string, env: NodeJS.ProcessEnv): Promise<Server> {
  const config = await configFor(env);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", origin);
    if (pathname === "/config.js") {
      response.setHeader("Content-Type", "text/javascript").end(config);
      return;
    }
    const name = extname(pathname) ? normalize(pathname) : "/index.html";
    try {
      const body = await readFile(join(dist, name));
      response.setHeader("Content-Type", kinds[extname(name)] ?? "text/plain").end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(Number(new URL(origin).port), "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function configFor(env: NodeJS.ProcessEnv): Promise<string> {
  const flask = join(root, ".venv/bin/flask");
  const run = promisify(execFile);
  const { stdout } = await run(flask, ["--app", "wsgi", "dovetail", "config-js"], {
    env,
    cwd: join(root, "starter/backend"),
  });
  return stdout;
}
