/** Others, who do things over HTTP while a page looks on, and what a page's sockets are. */

import type { Browser, BrowserContext, Page, WebSocket } from "@playwright/test";
import { expect, newPerson, type Person, send, signIn } from "./fixtures.ts";
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
  const person = newPerson();
  expect((await send(context, starter, "POST", "/api/signup", person)).status()).toBe(201);
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

/** The sockets that pages of a context open from now on, and those of them that are open. */
export function watchSockets(context: BrowserContext): Sockets {
  const all: { socket: WebSocket; page: Page }[] = [];
  const watch = (page: Page) => page.on("websocket", (socket) => all.push({ socket, page }));
  context.on("page", watch);
  for (const page of context.pages()) {
    watch(page);
  }
  const open = () => all.filter(({ socket, page }) => !socket.isClosed() && !page.isClosed());
  return { count: () => all.length, open: () => open().length, holder: () => open()[0]?.page };
}

export interface Sockets {
  /** How many have been opened. */
  count(): number;
  /** How many are open now. */
  open(): number;
  /** The page that has the first of them. */
  holder(): Page | undefined;
}

/** The bell in the head of the page says how many are not read, and is live. */
export async function expectUnread(page: Page, count: number): Promise<void> {
  const name = count > 0 ? `Notifications: ${count} unread` : "Notifications";
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
}

export async function expectLive(page: Page): Promise<void> {
  await expect(page.locator(".bell")).toHaveAttribute("data-live", /^(?:on|resumed)$/);
}
