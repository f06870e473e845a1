/** Starts the starter as `make run` does, on fresh data and free ports. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Line, layLine } from "./line.ts";
import { servePage } from "./page-server.ts";
import { startProvider } from "./provider.ts";
import { root } from "./root.ts";
import { type Services, startServices } from "./services.ts";
import { startStorage } from "./storage.ts";

export const demoPassword = "correct horse battery staple";

/**
 * `embedded`: SQLite. `services`: PostgreSQL and Valkey. `cross-origin`: the page on a port of its own.
 * `providers`: SQLite, and an outside provider to sign in with. `s3`: SQLite, and files in an S3 store of another origin.
 */
export type Setup = "embedded" | "services" | "cross-origin" | "providers" | "s3";

export const strategies = ["session", "token"] as const;
export type Strategy = (typeof strategies)[number];

export interface Starter {
  setup: Setup;
  strategy: Strategy;
  /** Where the page is. */
  origin: string;
  apiOrigin: string;
  /** The server's log file. */
  log: string;
  /** SQLite, unless there are services. */
  database: string;
  /** Only in the set-up `services`. */
  services?: Services;
  /** Larger files travel in parts of so many bytes. */
  partBytes: number;
  /** What the browser reaches the server and the store by; only where it was asked for. */
  lines: Line[];
  stop(): Promise<void>;
}

/**
 * @param environment is added to what the set-up needs.
 * @param breakable whether the browser comes by lines that can be cut.
 */
export async function startStarter(
  setup: Setup,
  strategy: Strategy = "session",
  environment: Record<string, string> = {},
  breakable = false,
): Promise<Starter> {
  const folder = await mkdtemp(join(tmpdir(), "dovetail-e2e-"));
  const log = join(folder, "server.log");
  const lines: Line[] = [];
  const port = await freePort();
  /** Where the browser finds what listens at `target`. */
  const reached = async (target: number): Promise<number> => {
    if (!breakable) {
      return target;
    }
    const line = await layLine(await freePort(), target);
    lines.push(line);
    return line.port;
  };
  const apiOrigin = `http://localhost:${await reached(port)}`;
  const origin = setup === "cross-origin" ? `http://localhost:${await freePort()}` : apiOrigin;
  const services = setup === "services" ? await startServices() : undefined;
  const provider =
    setup === "providers" ? await startProvider(apiOrigin, await freePort()) : undefined;
  const storage = setup === "s3" ? await startStorage() : undefined;
  const storagePort = storage && (await reached(Number(new URL(storage.endpoint).port)));
  /** Small, so that little is many; no S3 store takes smaller ones than 5 MiB. */
  const partBytes = Number(
    environment["DOVETAIL_FILES_PART_BYTES"] ?? (storage ? 5 * 1024 ** 2 : 256 * 1024),
  );
  const env = {
    ...withoutDovetail(process.env),
    PORT: String(port),
    DOVETAIL_API_ORIGIN: apiOrigin,
    STARTER_DATA_FOLDER: folder,
    STARTER_DEMO_PASSWORD: demoPassword,
    STARTER_SIGNUPS_PER_HOUR: "10000",
    STARTER_AUTH: strategy,
    DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS: "10000/1 minute",
    DOVETAIL_LOGS_FORMAT: "json",
    DOVETAIL_FILES_PART_BYTES: String(partBytes),
    ...(services && { DATABASE_URL: services.database, VALKEY_URL: services.valkey }),
    ...(setup === "cross-origin" && { DOVETAIL_FRONTEND_ORIGINS: origin }),
    ...(provider && { DOVETAIL_AUTH_PROVIDERS: provider.setting }),
    ...storage?.environment,
    ...(storage && { DOVETAIL_FILES_S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${storagePort}` }),
    ...environment,
  };
  await storage?.allowPages(env);
  const server = serve(env, log);
  await answering(`${apiOrigin}/healthz`, server, log);
  const page = setup === "cross-origin" ? await servePage(origin, env) : undefined;
  return {
    setup,
    strategy,
    origin,
    apiOrigin,
    log,
    database: join(folder, "starter.sqlite3"),
    ...(services && { services }),
    partBytes,
    lines,
    async stop() {
      page?.close();
      await Promise.all(lines.map((line) => line.cut()));
      await ended(server);
      await services?.stop();
      for (const other of [provider, storage]) {
        if (other) {
          await ended(other.process);
        }
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serve(env: NodeJS.ProcessEnv, log: string): ChildProcess {
  const file = openSync(log, "a");
  return spawn(join(root, "scripts/serve.sh"), { env, stdio: ["ignore", file, file] });
}

async function answering(address: string, server: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (
    !(await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (server.exitCode !== null || Date.now() > deadline) {
      throw new Error(`The starter did not start; its log is ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill();
    await once(child, "exit");
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") {
    throw new Error("No free port was found.");
  }
  return address.port;
}

function withoutDovetail(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith("DOVETAIL_")));
}
