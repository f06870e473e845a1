import type { Page } from "@playwright/test";
import { credential, expect, test } from "../../fixtures.ts";
import type { Services } from "../../services.ts";

test.describe.configure({ timeout: 60_000 });

/** What the page's own script sees. */
function look(page: Page, path: string, headers: Record<string, string> = {}) {
  return page.evaluate(
    async ([address, shown]) => {
      const answer = await fetch(address, { headers: shown });
      return {
        status: answer.status,
        retryAfter: answer.headers.get("Retry-After"),
        kind: answer.headers.get("Content-Type"),
        body: await answer.json(),
      };
    },
    [path, headers] as const,
  );
}

function needed(services: Services | undefined): Services {
  if (!services) throw new Error("This set-up has no services.");
  return services;
}

for (const name of ["database", "valkey"] as const) {
  test(`with the ${name} killed everything asked of it is a 503 that heals by itself`, async ({
    mine: page,
    person,
    starter,
  }) => {
    const services = needed(starter.services);
    await page.goto("/profile");
    await expect(page.getByText(person.email)).toBeVisible();
    const mine = await credential(page.context(), starter);
    await services.kill(name);
    try {
      expect(await look(page, "/api/me", mine)).toMatchObject({
        status: 503,
        retryAfter: "5",
        kind: "application/problem+json",
        body: { code: "SERVICE_UNAVAILABLE" },
      });
      expect(await look(page, "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
      await expect
        .poll(() => look(page, "/readyz"))
        .toMatchObject({
          status: 503,
          body: { checks: { [name]: "failed" } },
        });
    } finally {
      await services.start(name);
    }
    await expect.poll(async () => (await look(page, "/readyz")).status).toBe(200);
    const status = name === "database" ? 200 : 401; // Valkey keeps the logins, and was killed with them
    expect(await look(page, "/api/me", mine)).toMatchObject({ status });
    expect(await look(page, "/api/posts")).toMatchObject({ status: 200 });
  });
}

test("with the database killed the page says so, and goes on when it is back", async ({
  mine: page,
  starter,
}) => {
  const services = needed(starter.services);
  await page.goto("/posts/new");
  await page.getByLabel("Title").fill("Through an outage");
  await page.getByLabel("Text").fill("Not a word was lost.");
  await services.kill("database");
  try {
    await page.getByRole("button", { name: "Publish" }).click();
    await expect(page.getByText("The service is down for the moment.")).toBeVisible();
    await expect(page.getByLabel("Title")).toHaveValue("Through an outage");
  } finally {
    await services.start("database");
  }
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByRole("heading", { name: "Through an outage" })).toBeVisible();
});
