/** Builds the starter's page for another place than the root of a host. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./root.ts";

/** @returns the folder. */
export async function buildPage(folder: string, base: string): Promise<string> {
  const vite = join(root, "node_modules/.bin/vite");
  await promisify(execFile)(vite, ["build", "--base", `${base}/`, "--outDir", folder], {
    cwd: join(root, "starter/frontend"),
  });
  return folder;
}
