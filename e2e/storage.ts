/** A real S3 server, `python/tests/support/seaweed.py`, with a bucket for the starter. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { root } from "./root.ts";

export interface Storage {
  /** Where it answers: another origin than any page's. */
  endpoint: string;
  /** For a starter that keeps its files there. */
  environment: Record<string, string>;
  /** Lets the pages of a starter with this environment talk to the bucket, as an operator would. */
  allowPages(environment: NodeJS.ProcessEnv): Promise<void>;
  process: ChildProcess;
}

export async function startStorage(): Promise<Storage> {
  const program = join(root, "python/tests/support/seaweed.py");
  const process = spawn(join(root, ".venv/bin/python"), [program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: process.stdout });
  const { value, done } = await lines[Symbol.asyncIterator]().next();
  if (done) {
    throw new Error(`${program} ended early: run it by hand to see why.`);
  }
  const told: Record<string, string> = JSON.parse(value);
  const { endpoint = "", bucket = "", region = "" } = told;
  return {
    endpoint,
    process,
    environment: {
      DOVETAIL_FILES_STORE: "s3",
      DOVETAIL_FILES_S3_BUCKET: bucket,
      DOVETAIL_FILES_S3_ENDPOINT: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: told["access_key"] ?? "",
      AWS_SECRET_ACCESS_KEY: told["secret_key"] ?? "",
    },
    async allowPages(environment) {
      const flask = join(root, ".venv/bin/flask");
      await promisify(execFile)(flask, ["--app", "wsgi", "dovetail", "files", "cors"], {
        cwd: join(root, "starter/backend"),
        env: {
          ...environment,
          AWS_ACCESS_KEY_ID: told["admin_access_key"],
          AWS_SECRET_ACCESS_KEY: told["admin_secret_key"],
        },
      });
    },
  };
}
