/** The live connections of pages. */

import {
  type BrowserContext,
  type ConsoleMessage,
  expect,
  type Page,
  type Request,
  type WebSocket,
} from "@playwright/test";

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

/** What Chromium's console says when a page closes a socket that is not open yet. */
const closedEarly =
  /^WebSocket connection to 'wss?:[^']*\/socket\.io\/[^']*' failed: WebSocket is closed before the connection is established\.$/;

export interface GivenUp {
  /** Whether the message tells of a connection that a page gave up while it was being made. */
  isGivenUp(message: ConsoleMessage): boolean;
  /** Every one of them had a reason: its page was left, or its person signed out. */
  expectReasons(): void;
}

/**
 * Counts the connections that pages give up while they are being made. Rightly so when somebody leaves the page or
 * signs out; a busy machine makes it likelier, because then a connection takes its time.
 */
export function watchGivenUp(context: BrowserContext): GivenUp {
  let reasons = 0;
  const givenUp: string[] = [];
  const isReason = (request: Request) =>
    request.isNavigationRequest() || new URL(request.url()).pathname.endsWith("/auth/logout");
  context.on("request", (request) => {
    reasons += isReason(request) ? 1 : 0;
  });
  const watch = (page: Page) =>
    page.on("close", () => {
      reasons += 1;
    });
  context.on("page", watch);
  for (const page of context.pages()) {
    watch(page);
  }
  return {
    isGivenUp(message) {
      const isOne = message.type() === "warning" && closedEarly.test(message.text());
      if (isOne) {
        givenUp.push(message.text());
      }
      return isOne;
    },
    expectReasons() {
      expect(givenUp.slice(reasons), "connections given up without a reason").toEqual([]);
    },
  };
}
