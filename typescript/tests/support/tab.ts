/** A client as a browser tab would have it: quick retries, a cookie jar, and the channel to the other tabs. */
import { onTestFinished } from "vitest";
import { createDovetail, type Dovetail, type DovetailOptions } from "../../src/index.js";
import { outside } from "../../src/outside.js";
import type { paths } from "./paths.js";

/** Cookies by name: a browser's jar for one host. */
export type Jar = Map<string, string>;

export interface TabOptions extends DovetailOptions {
  jar?: Jar;
}

export function openTab(origin: string, options: TabOptions = {}): Dovetail<paths> {
  const { jar = new Map(), ...rest } = options;
  const tab = createDovetail<paths>({
    config: { apiOrigin: origin },
    ...rest,
    retry: { baseMs: 1, ...rest.retry },
    outside: {
      fetch: withCookies(jar),
      openChannel: (name) => new BroadcastChannel(name),
      ...rest.outside,
    },
  });
  onTestFinished(tab.close);
  return tab;
}

function withCookies(jar: Jar): (request: Request) => Promise<Response> {
  return async (request) => {
    if (jar.size > 0) {
      request.headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await outside.fetch(request);
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
