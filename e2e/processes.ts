/** The starter as docs/realtime-processes.md has it: requests in one process, sockets in two, nginx in front. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";
import { answering, ended, freePort, serve } from "./serving.ts";

export interface Processes {
  /** The one that serves requests. */
  web: ChildProcess;
  stop(): Promise<void>;
}

export interface Edge {
  stop(): Promise<void>;
}

/** @param env of a single process, whose `PORT` is where nginx is to listen. */
export async function startProcesses(env: NodeJS.ProcessEnv, log: string): Promise<Processes> {
  const [webPort, ...socketPorts] = [await freePort(), await freePort(), await freePort()];
  const web = serve({ ...env, PORT: String(webPort), DOVETAIL_REALTIME_SERVE: "false" }, log);
  await answering(`http://127.0.0.1:${webPort}/healthz`, web, log); // it has migrated, then
  const sockets = socketPorts.map((port) => serveSockets(env, port, log));
  await Promise.all(
    sockets.map((process, index) =>
      answering(`http://127.0.0.1:${socketPorts[index]}/healthz`, process, log),
    ),
  );
  const edge = await startEdge(Number(env["PORT"]), webPort, ...socketPorts);
  return {
    web,
    async stop() {
      await edge.stop();
      await Promise.all(sockets.map(ended));
    },
  };
}

/** Starts nginx on `port`, in front of what listens at `ports`: see edge.py. */
export async function startEdge(port: number, ...ports: number[]): Promise<Edge> {
  const given = [join(root, "e2e/edge.py"), port, ...ports].map(String);
  const edge = spawn(join(root, ".venv/bin/python"), given, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(edge.stdout, "data");
  return {
    async stop() {
      edge.stdin.end();
      await once(edge, "exit");
    },
  };
}

function serveSockets(env: NodeJS.ProcessEnv, port: number, log: string): ChildProcess {
  const file = openSync(log, "a");
  return spawn(
    join(root, ".venv/bin/gunicorn"),
    ["--config", "../deploy/realtime/sockets.conf.py", "wsgi:app"],
    {
      cwd: join(root, "starter/backend"),
      env: { ...env, PORT: String(port) },
      stdio: ["ignore", file, file],
    },
  );
}
