/** A client like that of a browser tab: quick retries, a cookie jar, and the channel to the other tabs. */
import { onTestFinished } from "vitest";
import { outside } from "../../src/core/outside.js";
import { createDovetail, type Dovetail, type DovetailOptions } from "../../src/index.js";
import type { paths } from "./paths.js";

/** The cookies of a browser for one host, by name. `rt` has the path /auth below the app's, as the server sets it. */
export type Jar = Map<string, string>;

export interface TabOptions extends DovetailOptions {
  jar?: Jar;
}

/** Opens a tab in the token strategy. Tabs of one browser share a jar, a channel and locks. */
export function openTokenTab<Paths = paths>(
  origin: string,
  options: TabOptions = {},
): Dovetail<Paths> {
  return openTab<Paths>(origin, {
    ...options,
    config: { apiOrigin: origin, authStrategy: "token" },
    outside: { locks: navigator.locks, ...options.outside },
  });
}

export function openTab<Paths = paths>(origin: string, options: TabOptions = {}): Dovetail<Paths> {
  const { jar = new Map(), ...rest } = options;
  const { fetch, ...parts } = rest.outside ?? {};
  const tab = createDovetail<Paths>({
    config: { apiOrigin: origin },
    ...rest,
    retry: { baseMs: 1, ...rest.retry },
    outside: {
      fetch: withCookies(jar, fetch),
      openChannel: (name) => new BroadcastChannel(name),
      ...parts,
    },
  });
  onTestFinished(tab.close);
  return tab;
}

function withCookies(jar: Jar, send = outside.fetch): (request: Request) => Promise<Response> {
  return async (request) => {
    const isAuthority = new URL(request.url).pathname.includes("/auth/");
    const sent = [...jar].filter(([name]) => name !== "rt" || isAuthority);
    if (sent.length > 0) {
      request.headers.set("Cookie", sent.map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await send(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) {
        jar.set(name, value);
      } else {
        jar.delete(name);
      }
    }
    return response;
  };
}

/** Waits until tabs have received all messages sent so far, and each other's answers to them. */
export async function messagesDelivered(): Promise<void> {
  const [here, there] = [new BroadcastChannel("delivery"), new BroadcastChannel("delivery")];
  // Each round trip gives the event loop a turn.
  for (let hop = 0; hop < 4; hop++) {
    const arrived = new Promise((resolve) => there.addEventListener("message", resolve));
    here.postMessage(hop);
    await arrived;
  }
  here.close();
  there.close();
}
