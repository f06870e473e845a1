import { afterEach, describe, expect, it } from "vitest";
import { defaultConfig, readConfig } from "../../src/delivery/config.js";

function setConfig(value: unknown): void {
  (globalThis as { __APP_CONFIG__?: unknown }).__APP_CONFIG__ = value;
}

afterEach(() => {
  delete (globalThis as { __APP_CONFIG__?: unknown }).__APP_CONFIG__;
});

describe("readConfig", () => {
  it("is the default where no /config.js was loaded", () => {
    expect(readConfig()).toEqual({
      apiOrigin: "",
      apiPrefix: "",
      routesPrefix: "",
      authStrategy: "session",
      dpop: false,
      buildId: "none",
      public: {},
    });
  });

  it("reads the configuration of the backend", () => {
    const written = {
      apiOrigin: "https://api.example.com",
      apiPrefix: "/caf%C3%A9/app",
      routesPrefix: "/_dovetail",
      authStrategy: "token",
      dpop: true,
      buildId: "0123456789ab",
      public: { FEATURES: ["search"] },
    };
    setConfig(written);
    expect(readConfig()).toEqual(written);
  });

  it("has the default for an absent member", () => {
    setConfig({ apiOrigin: "https://api.example.com" });
    expect(readConfig()).toEqual({ ...defaultConfig, apiOrigin: "https://api.example.com" });
  });

  it.each([
    ["the whole", "text"],
    ["the whole", null],
    ["apiOrigin", { apiOrigin: "https://api.example.com/" }],
    ["apiOrigin", { apiOrigin: "https://api.example.com/v1" }],
    ["apiOrigin", { apiOrigin: "//api.example.com" }],
    ["apiOrigin", { apiOrigin: "javascript:alert(1)" }],
    ["apiOrigin", { apiOrigin: 5000 }],
    ["apiPrefix", { apiPrefix: "app" }],
    ["apiPrefix", { apiPrefix: "/" }],
    ["apiPrefix", { apiPrefix: "/app/" }],
    ["apiPrefix", { apiPrefix: "//evil.example" }],
    ["apiPrefix", { apiPrefix: "/a//b" }],
    ["apiPrefix", { apiPrefix: "/app?a=1" }],
    ["apiPrefix", { apiPrefix: 1 }],
    ["routesPrefix", { routesPrefix: "_dovetail" }],
    ["routesPrefix", { routesPrefix: "//evil.example" }],
    ["authStrategy", { authStrategy: "basic" }],
    ["dpop", { dpop: "true" }],
    ["buildId", { buildId: 1 }],
    ["public", { public: [] }],
  ])("refuses a wrong %s and names it: %j", (member, value) => {
    setConfig(value);
    expect(readConfig).toThrow(TypeError);
    expect(readConfig).toThrow(`window.__APP_CONFIG__: ${member} must be`);
  });
});
