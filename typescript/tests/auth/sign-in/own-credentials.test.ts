import { expect, test } from "vitest";
import type { paths as SessionPaths } from "../../codegen/expected/sign-in-session.js";
import type { paths as TokenPaths } from "../../codegen/expected/sign-in-token.js";
import { demo, serveBackend } from "../../support/backend.js";
import { problem } from "../../support/server.js";
import { openTab, openTokenTab } from "../../support/tab.js";

test("fields of the app's own are sent, and a refusal of its own is answered by one more of them", async () => {
  for (const strategy of ["session", "token"] as const) {
    const backend = await serveBackend({ strategy });
    const { auth } =
      strategy === "token"
        ? openTokenTab<TokenPaths>(backend.origin)
        : openTab<SessionPaths>(backend.origin);
    const credentials = { ...demo, tenant: "acme" };
    backend.override("/auth/login", () => problem("CAPTCHA_REQUIRED", 403, { site_key: "k" }));

    const refused = await auth.signIn(credentials);
    expect(refused.problem).toMatchObject({ code: "CAPTCHA_REQUIRED", status: 403, site_key: "k" });
    expect(await auth.session()).toBeNull();

    backend.override("/auth/login", null);
    const captcha = refused.problem?.code === "CAPTCHA_REQUIRED" ? "boats" : null;
    const { data } = await auth.signIn({ ...credentials, captcha });
    expect(data?.subject).toBe(demo.email);
    expect(await auth.session()).toEqual(data);
    const bodies = backend.to("/auth/login").map(({ body }) => JSON.parse(String(body)));
    expect(bodies).toEqual([credentials, { ...credentials, captcha: "boats" }]);
  }
});
