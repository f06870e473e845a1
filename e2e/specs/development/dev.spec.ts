import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { root } from "../../root.ts";
import { ended, freePort } from "../../serving.ts";
import { demoPassword, strategies } from "../../starter.ts";

// One after the other: each compiles the browser package, which the other's Vite would take for an edit.
test.describe.configure({ mode: "default" });

for (const strategy of strategies) {
  test(`make dev with the ${strategy} strategy: Flask sends pages to Vite, whose page signs in through its proxy, under the policy of production`, {
    tag: strategy === "token" ? ["@long"] : [],
  }, async ({ page }) => {
    test.setTimeout(90_000);
    const complaints: string[] = [];
    page.on(
      "console",
      (line) => /policy|trusted/i.test(line.text()) && complaints.push(line.text()),
    );
    page.on("pageerror", (error) => complaints.push(String(error)));
    const folder = await mkdtemp(join(tmpdir(), "dovetail-dev-"));
    const [port, vitePort] = [await freePort(), await freePort()];
    const env = {
      ...process.env,
      PORT: String(port),
      VITE_PORT: String(vitePort),
      STARTER_DATA_FOLDER: folder,
      STARTER_DEMO_PASSWORD: demoPassword,
      STARTER_AUTH: strategy,
    };
    const servers = spawn(join(root, "scripts/dev.sh"), { env, stdio: "ignore" });
    try {
      const vite = `http://localhost:${vitePort}`;
      await expect(async () => {
        expect((await page.request.get(`${vite}/api/posts`)).status()).toBe(200);
      }).toPass({ timeout: 60_000 });

      await page.goto(`http://localhost:${port}/sign-in`);
      await expect(page).toHaveURL(`${vite}/sign-in`);
      await page.getByLabel("Email").fill("demo@example.com");
      await page.getByLabel("Password", { exact: true }).fill(demoPassword);
      await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("heading", { name: "Home" })).toBeVisible();
      await expect(page.getByRole("link", { name: "New post" }).first()).toBeVisible();

      // The policy is production's, with a nonce for what Vite writes into the page.
      const policy = (await page.reload())?.headers()["content-security-policy"] ?? "";
      expect(policy).toMatch(
        /script-src 'nonce-[^']+' 'self';.*require-trusted-types-for 'script'/,
      );
      expect(policy).not.toContain("unsafe");
      await expect(page.getByRole("heading", { name: "Home" })).toBeVisible();
      expect(complaints).toEqual([]);
    } finally {
      await ended(servers);
      await rm(folder, { recursive: true, force: true });
    }
  });
}
