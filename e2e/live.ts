/** Others, who do things over HTTP while a page looks on. */

import type { Browser, BrowserContext, Page } from "@playwright/test";
import { expect, makePerson, type Person, send, signIn } from "./fixtures.ts";
import type { Starter } from "./starter.ts";

export interface Other {
  person: Person;
  context: BrowserContext;
  like(postId: number): Promise<void>;
  unlike(postId: number): Promise<void>;
  comment(postId: number, text: string): Promise<void>;
}

/** Somebody else, signed in on a device of their own. */
export async function somebodyElse(browser: Browser, starter: Starter): Promise<Other> {
  const context = await browser.newContext({ baseURL: starter.origin, locale: "en-GB" });
  const person = await makePerson(browser, starter);
  await signIn(context, starter, person);
  const does = async (status: number, method: string, path: string, data?: object) => {
    const answer = await send(context, starter, method, path, data);
    expect(answer.status(), await answer.text()).toBe(status);
  };
  return {
    person,
    context,
    like: (id) => does(200, "PUT", `/api/posts/${id}/like`),
    unlike: (id) => does(200, "DELETE", `/api/posts/${id}/like`),
    comment: (id, text) => does(201, "POST", `/api/posts/${id}/comments`, { text }),
  };
}

/** The bell in the head of the page says how many are not read, and is live. */
export async function expectUnread(page: Page, count: number): Promise<void> {
  const name = count > 0 ? `Notifications: ${count} unread` : "Notifications";
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
}

export async function expectLive(page: Page): Promise<void> {
  await expect(page.locator(".bell")).toHaveAttribute("data-live", /^(?:on|resumed)$/);
}
