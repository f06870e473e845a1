/** A real PostgreSQL and Valkey: `services.py`, spoken to line by line. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./root.ts";

export interface Services {
  database: string;
  valkey: string;
  kill(name: "database" | "valkey"): Promise<void>;
  start(name: "database" | "valkey"): Promise<void>;
  stop(): Promise<void>;
}

export async function startServices(): Promise<Services> {
  const python = join(root, ".venv/bin/python");
  const child = spawn(python, [join(root, "e2e/services.py")], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function nextLine(): Promise<string> {
    const { value, done } = await lines.next();
    if (done) {
      throw new Error("e2e/services.py ended early: run it by hand to see why.");
    }
    return value;
  }
  async function tell(command: string): Promise<void> {
    child.stdin.write(`${command}\n`);
    await nextLine();
  }

  const { database, valkey } = JSON.parse(await nextLine()) as Record<string, string>;
  if (!database || !valkey) {
    throw new Error("e2e/services.py did not say where the services are.");
  }
  return {
    database,
    valkey,
    kill: (name) => tell(`kill ${name}`),
    start: (name) => tell(`start ${name}`),
    async stop() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
