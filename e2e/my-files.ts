/** The screen "My files", and the parts that travel from it. */

import type { Locator, Page, Request } from "@playwright/test";
import type { Source } from "./bytes.ts";
import { expect } from "./fixtures.ts";

/** What is to be seen of a file, in one of the lists of the screen. */
export interface Lists {
  /** On its way, or refused. */
  sending(name: string): Locator;
  /** Cut off by a reload or a crash. */
  cutOff(name: string): Locator;
  /** There. */
  stored(name: string): Locator;
}

export async function openMyFiles(page: Page): Promise<Lists> {
  await page.goto("/my-files");
  await expect(page.getByRole("button", { name: "Choose files" })).toBeVisible();
  const rowIn = (list: RegExp) => (name: string) =>
    page.getByRole("list", { name: list }).getByRole("listitem").filter({ hasText: name });
  return {
    sending: rowIn(/^(?:Uploading|Not uploaded)$/),
    cutOff: rowIn(/^Not finished$/),
    stored: rowIn(/^Uploaded$/),
  };
}

/** With the picker of the system, which no test can touch. */
export async function choose(page: Page, ...sources: Pick<Source, "path">[]): Promise<void> {
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose files" }).click();
  await (await choosing).setFiles(sources.map(({ path }) => path));
}

/** Opens the file of an upload that was cut off once more. */
export async function chooseAgain(row: Locator, { path }: Pick<Source, "path">): Promise<void> {
  const choosing = row.page().waitForEvent("filechooser");
  await row.getByRole("button", { name: "Choose again" }).click();
  await (await choosing).setFiles(path);
}

/** A part on its way to the server itself, or to an S3 store. */
function isPart(request: Request): boolean {
  const { pathname, search } = new URL(request.url());
  const isOurs = /^\/files\/upload\/[\w-]+\/\d+$/.test(pathname);
  return request.method() === "PUT" && (isOurs || search.includes("X-Amz-Signature="));
}

export interface Parts {
  /** How many were begun to be sent. */
  sent: number;
  /** How many were answered with a success. */
  arrived: number;
}

/** Counts the parts that this page sends from now on. */
export function watchParts(page: Page): Parts {
  const parts = { sent: 0, arrived: 0 };
  page.on("request", (request) => {
    parts.sent += isPart(request) ? 1 : 0;
  });
  page.on("response", (response) => {
    parts.arrived += isPart(response.request()) && response.ok() ? 1 : 0;
  });
  return parts;
}

export interface Answer {
  status: number;
  body: string;
}

/**
 * Stops parts on their way.
 *
 * @param letThrough so many are not stopped.
 * @param answer what the next one is told instead of being sent. Default: nothing, it waits.
 * @returns lets go of those that wait, and of all that come.
 */
export async function stopParts(
  page: Page,
  { letThrough = 0, answer }: { letThrough?: number; answer?: Answer } = {},
): Promise<() => Promise<void>> {
  const free = Promise.withResolvers<void>();
  let seen = 0;
  const handle: Parameters<Page["route"]>[1] = async (route, request) => {
    if (!isPart(request)) {
      return route.fallback();
    }
    seen += 1;
    if (answer && seen === letThrough + 1) {
      return route.fulfill({ ...answer, headers: { "Access-Control-Allow-Origin": "*" } });
    }
    if (!answer && seen > letThrough) {
      await free.promise;
    }
    await route.continue().catch(() => {}); // given up by the page meanwhile
  };
  await page.route("**", handle);
  return async () => {
    free.resolve();
    await page.unroute("**", handle);
  };
}
