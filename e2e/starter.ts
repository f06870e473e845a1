/** Starts the starter as `make run` does, on fresh data and free ports. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Line, layLine } from "./line.ts";
import { buildPage } from "./page-build.ts";
import { servePage } from "./page-server.ts";
import { startEdge, startProcesses } from "./processes.ts";
import { type Provider, startProvider } from "./provider.ts";
import { type Services, startServices } from "./services.ts";
import { answering, ended, freePort, serve } from "./serving.ts";
import { startStorage } from "./storage.ts";

export const demoPassword = "correct horse battery staple";

/**
 * `embedded`: SQLite. `services`: PostgreSQL and Valkey. `cross-origin`: the page on a port of its own.
 * `processes`: one for requests and two for sockets, behind nginx, on PostgreSQL and Valkey.
 * `providers`: SQLite, and an outside provider to sign in with. `s3`: SQLite, and files in an S3 store of another origin.
 * `below`: SQLite, and page and API below `/app`, behind nginx.
 */
export type Setup =
  | "embedded"
  | "services"
  | "processes"
  | "cross-origin"
  | "providers"
  | "s3"
  | "below";

/** Where page and API are in the set-up `below`. */
export const prefix = "/app";

export const strategies = ["session", "token"] as const;
export type Strategy = (typeof strategies)[number];

export interface Starter {
  setup: Setup;
  strategy: Strategy;
  /** Where the page is. */
  origin: string;
  apiOrigin: string;
  /** The path that Dovetail's own routes are below: `""`, unless the environment says more. */
  routesPrefix: string;
  /** The server's log file. */
  log: string;
  /** SQLite, unless there are services. */
  database: string;
  /** In the set-ups `services` and `processes`. */
  services?: Services;
  /** In the set-up `providers`. */
  provider?: Provider;
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
  const hasServices = setup === "services" || setup === "processes";
  const services = hasServices ? await startServices() : undefined;
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
    STARTER_CHANGES_PER_MINUTE: "10000",
    STARTER_AVATARS_PER_HOUR: "10000",
    STARTER_AUTH: strategy,
    DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS: "10000/1 minute",
    DOVETAIL_LOGS_FORMAT: "json",
    DOVETAIL_FILES_PART_BYTES: String(partBytes),
    ...(services && { DATABASE_URL: services.database, VALKEY_URL: services.valkey }),
    ...(setup === "cross-origin" && { DOVETAIL_FRONTEND_ORIGINS: origin }),
    ...(provider && { DOVETAIL_AUTH_PROVIDERS: provider.setting }),
    ...storage?.environment,
    ...(storage && { DOVETAIL_FILES_S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${storagePort}` }),
    ...(setup === "below" && {
      PORT: String(await freePort()),
      DOVETAIL_TRUSTED_PROXIES: "127.0.0.1",
      DOVETAIL_DELIVERY_SPA_FOLDER: await buildPage(join(folder, "page"), prefix),
    }),
    ...environment,
  };
  await storage?.allowPages(env);
  const processes = setup === "processes" ? await startProcesses(env, log) : undefined;
  const server = processes ? processes.web : serve(env, log);
  const edge = setup === "below" ? await startEdge(port, Number(env.PORT)) : undefined;
  const mounted = setup === "below" ? apiOrigin + prefix : apiOrigin;
  const routesPrefix = environment["DOVETAIL_ROUTES_PREFIX"] ?? "";
  await answering(`${mounted}${routesPrefix}/healthz`, server, log);
  const page = setup === "cross-origin" ? await servePage(origin, env) : undefined;
  return {
    setup,
    strategy,
    origin,
    apiOrigin,
    routesPrefix,
    log,
    database: join(folder, "starter.sqlite3"),
    ...(services && { services }),
    ...(provider && { provider }),
    partBytes,
    lines,
    async stop() {
      page?.close();
      await Promise.all(lines.map((line) => line.cut()));
      await processes?.stop();
      await edge?.stop();
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

function withoutDovetail(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith("DOVETAIL_")));
}
