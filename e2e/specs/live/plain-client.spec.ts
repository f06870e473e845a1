import type { BrowserContext } from "@playwright/test";
import { io, type Socket } from "socket.io-client";
import { credential, expect, send, signIn, test, write } from "../../fixtures.ts";
import { somebodyElse } from "../../live.ts";
import type { Starter } from "../../starter.ts";

interface Notification {
  seq: number;
  event: string;
}

test("a plain Socket.IO client in Node is let in by a login alone, and gets what it has not seen", async ({
  browser,
  person,
  starter,
}) => {
  const context = await browser.newContext();
  await signIn(context, starter, person);
  const { id } = await write(context, starter, "For a plain client");
  const other = await somebodyElse(browser, starter);
  const credentials = await credentialsOf(context, starter);

  const stranger = connect(starter, {}, {});
  expect(await refusal(stranger)).toBe("UNAUTHENTICATED");

  const first = connect(starter, credentials.auth, credentials.headers);
  const ready = await heard<{ seq: number }>(first, "dovetail:ready");
  expect(ready.seq).toBe(0);
  const liked = heard<Notification>(first, "post-liked");
  await other.like(id);
  expect((await liked).seq).toBe(1);
  first.disconnect();

  await other.comment(id, "one");
  await other.comment(id, "two");
  const again = connect(starter, { ...credentials.auth, last: 1 }, credentials.headers);
  const missed: number[] = [];
  again.on("post-commented", ({ seq }: Notification) => missed.push(seq));
  await expect.poll(() => missed).toEqual([2, 3]);

  const ended = heard<{ code: string }>(again, "dovetail:end");
  await send(context, starter, "POST", "/auth/logout-others"); // all but this one: it stays
  await send(context, starter, "POST", "/auth/logout");
  expect((await ended).code).toBe("SESSION_EXPIRED");
  expect(await refusal(connect(starter, credentials.auth, credentials.headers))).toMatch(
    /^(?:SESSION_EXPIRED|UNAUTHENTICATED)$/,
  );
  await context.close();
  await other.context.close();
});

test("a page of another site gets no socket, whatever cookies the browser sends along", async ({
  browser,
  person,
  starter,
}) => {
  const context = await browser.newContext();
  await signIn(context, starter, person);
  const { headers, auth } = await credentialsOf(context, starter);
  const evil = connect(starter, auth, { ...headers, Origin: "https://evil.example" });
  expect(await refusal(evil)).toBe("websocket error");
  await context.close();
});

function connect(starter: Starter, auth: object, extraHeaders: Record<string, string>): Socket {
  return io(`${starter.apiOrigin}/notify`, {
    auth,
    extraHeaders: { Origin: starter.origin, ...extraHeaders },
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
  });
}

function heard<Payload>(socket: Socket, event: string): Promise<Payload> {
  return new Promise((resolve) => socket.once(event, resolve));
}

/** The code that the connection is refused with. */
function refusal(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("connect_error", ({ message }) => resolve(message));
    socket.once("connect", () => reject(new Error("It was let in.")));
  });
}

async function credentialsOf(context: BrowserContext, starter: Starter) {
  if (starter.strategy === "token") {
    const { Authorization = "" } = await credential(context, starter);
    return { auth: { token: Authorization.replace("Bearer ", "") }, headers: {} };
  }
  const cookies = await context.cookies(starter.apiOrigin);
  const Cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return { auth: {}, headers: { Cookie } };
}
