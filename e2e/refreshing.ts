/** Refreshing as seen from outside: what the browser presents, what reaches the server, and answers that get lost. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Cookie, Page } from "@playwright/test";
import { expect } from "./fixtures.ts";
import { root } from "./root.ts";
import type { Starter } from "./starter.ts";

const accessSeconds = 2;

/** For a starter whose access tokens are over almost at once. */
export const shortLived = {
  DOVETAIL_AUTH_UNUSUAL_LIFETIMES: "true",
  DOVETAIL_AUTH_ACCESS_SECONDS: String(accessSeconds),
};

/**
 * Keeps the live connection away, which renews the token by itself: for what a page does that has none. The code of the
 * connection is a chunk that never arrives.
 */
export async function withoutLiveUpdates(context: BrowserContext): Promise<void> {
  const assets = await readdir(join(root, "starter/frontend/dist/assets"));
  const chunk = assets.find((name) => /^(?:hub|tab)-[\w-]+\.js$/.test(name));
  if (!chunk) {
    throw new Error("The code of the live connection is in no chunk of the name that it had.");
  }
  await context.route(`**/assets/${chunk}`, (route) => route.abort());
}

/** Until every access token that is held now has expired. */
export async function untilExpired(page: Page): Promise<void> {
  await page.waitForTimeout(accessSeconds * 1000 + 300);
}

export async function refreshCookie(context: BrowserContext, starter: Starter): Promise<Cookie> {
  const cookies = await context.cookies(`${starter.apiOrigin}/auth`);
  const found = cookies.find(({ name }) => name.endsWith("rt"));
  if (!found) {
    throw new Error("This browser has no refresh cookie.");
  }
  return found;
}

/** The refresh cookies that the pages of `context` present from now on, in order. */
export function watchPresented(context: BrowserContext): string[] {
  const presented: string[] = [];
  context.on("request", async (request) => {
    if (request.url().endsWith("/auth/refresh")) {
      const cookies = (await request.allHeaders())["cookie"] ?? "";
      presented.push(/(?:^|; )rt=([^;]+)/.exec(cookies)?.[1] ?? "");
    }
  });
  return presented;
}

/** The statuses of all that the server has answered to refreshes, in order. */
export async function refreshesAt(starter: Starter): Promise<number[]> {
  const lines = (await readFile(starter.log, "utf8")).split("\n");
  return lines
    .filter((line) => line.includes('"/auth/refresh"'))
    .map((line) => JSON.parse(line).status);
}

/**
 * Loses the next answer to a refresh of this page: the server has done its work, but neither the token nor the new
 * cookie arrives.
 *
 * @param instead what happens at that moment. Default: the connection breaks.
 */
export async function loseNextRefresh(
  page: Page,
  starter: Starter,
  instead?: () => Promise<void>,
): Promise<void> {
  await page.route(
    "**/auth/refresh",
    async (route) => {
      const former = await refreshCookie(page.context(), starter);
      expect((await route.fetch()).status()).toBe(200);
      await page.context().addCookies([former]);
      await instead?.();
      await route.abort("connectionreset").catch(() => {}); // the page may be gone
    },
    { times: 1 },
  );
}

/** Something that needs an access token, and has worked. */
export async function seeDevices(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Where you are signed in" }).click();
  await expect(page.getByRole("list", { name: "Devices" }).getByText("This device")).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
}
