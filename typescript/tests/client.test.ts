import { afterEach, expect, test, vi } from "vitest";
import { createDovetail, type DovetailOptions } from "../src/index.js";
import type { paths } from "./support/paths.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Returns the one request that a call makes. */
async function requestOf(options: DovetailOptions): Promise<Request> {
  let sent: Request | undefined;
  const { api } = createDovetail<paths>({
    ...options,
    outside: {
      fetch: async (request) => {
        sent = request;
        return Response.json({ items: [], next_cursor: null });
      },
    },
  });
  await api.GET("/api/posts");
  return sent ?? expect.fail("nothing was sent");
}

function stubPage(origin: string, appConfig?: object) {
  vi.stubGlobal("location", { origin });
  vi.stubGlobal("__APP_CONFIG__", appConfig);
}

test("requests go to the page's own origin with its cookies", async () => {
  stubPage("https://app.example.com");
  const request = await requestOf({});

  expect(request.url).toBe("https://app.example.com/api/posts");
  expect(request.credentials).toBe("same-origin");
});

test("requests go to the origin of /config.js with its cookies", async () => {
  stubPage("https://app.example.com", { apiOrigin: "https://api.example.com" });
  const request = await requestOf({});

  expect(request.url).toBe("https://api.example.com/api/posts");
  expect(request.credentials).toBe("include");
});

test("options.config replaces members of /config.js", async () => {
  stubPage("https://app.example.com", { apiOrigin: "https://api.example.com", buildId: "b1" });
  const request = await requestOf({ config: { apiOrigin: "https://staging.example.com" } });

  expect(request.url).toBe("https://staging.example.com/api/posts");
  expect(createDovetail().config.buildId).toBe("b1");
});

test("the error without a page and an API origin names the option", () => {
  expect(() => createDovetail()).toThrow("give createDovetail({ config: { apiOrigin } })");

  stubPage("null");
  expect(() => createDovetail()).toThrow(TypeError);
});

test("a page joins the channel of its tabs; a server does not", () => {
  const opened: string[] = [];
  class Channel extends EventTarget {
    constructor(name: string) {
      super();
      opened.push(name);
    }
  }
  vi.stubGlobal("BroadcastChannel", Channel);
  createDovetail({ config: { apiOrigin: "https://api.example.com" } });
  expect(opened).toEqual([]);

  vi.stubGlobal("document", {});
  createDovetail({ config: { apiOrigin: "https://api.example.com" } });
  expect(opened).toEqual(["dovetail:auth:https://api.example.com"]);
});

test("making a client sends nothing", () => {
  const fetch = vi.fn();
  createDovetail({ config: { apiOrigin: "https://api.example.com" }, outside: { fetch } });

  expect(fetch).not.toHaveBeenCalled();
});
