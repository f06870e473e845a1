/** An OpenID provider of our own, to sign in with from outside. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "@playwright/test";
import { root } from "./root.ts";

/** What the sign-in page calls it. */
export const providerTitle = "Example ID";

export interface Provider {
  /** `DOVETAIL_AUTH_PROVIDERS` for a starter that trusts it. */
  setting: string;
  /** Makes strangers of its people: each has another account from now on, with this email and name. */
  replacePeople(email: string, name: string): Promise<void>;
  process: ChildProcess;
}

export async function startProvider(apiOrigin: string, port: number): Promise<Provider> {
  const program = join(root, "python/tests/support/oidc_server.py");
  const callback = `${apiOrigin}/auth/providers/example/callback`;
  const process = spawn(
    join(root, ".venv/bin/python"),
    [program, String(port), "--redirect-uri", callback],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const { done } = await createInterface({ input: process.stdout })[Symbol.asyncIterator]().next();
  if (done) {
    throw new Error(`${program} ended early: run it by hand to see why.`);
  }
  const issuer = `http://127.0.0.1:${port}`;
  const example = {
    issuer,
    client_id: "starter",
    client_secret: "starter-secret",
    title: providerTitle,
  };
  return {
    setting: JSON.stringify({ example }),
    process,
    async replacePeople(email, name) {
      const claims = { sub: email, email, name };
      const body = JSON.stringify({ claims, userinfo: claims });
      const headers = { "Content-Type": "application/json" };
      const { ok, status } = await fetch(`${issuer}/control`, { method: "POST", headers, body });
      if (!ok) {
        throw new Error(`The provider answered ${status}.`);
      }
    },
  };
}

/** Its people: `ada` and `bob` have verified emails, `cyd` has not. */
export type Known = "ada" | "bob" | "cyd";

/** On the provider's page: go on as `person`. */
export async function consentAs(page: Page, person: Known): Promise<void> {
  await page.getByRole("combobox", { name: "Person" }).selectOption(person);
  await page.getByRole("button", { name: "Continue" }).click();
}
