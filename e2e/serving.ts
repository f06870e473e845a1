/** Processes of the starter, and where they listen. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { root } from "./root.ts";

export function serve(env: NodeJS.ProcessEnv, log: string): ChildProcess {
  const file = openSync(log, "a");
  return spawn(join(root, "scripts/serve.sh"), { env, stdio: ["ignore", file, file] });
}

export async function answering(address: string, server: ChildProcess, log: string): Promise<void> {
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
