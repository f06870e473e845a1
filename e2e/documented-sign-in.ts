import { expect, type Page } from "@playwright/test";

export async function signIn(page: Page, email: string, password: string): Promise<void> {
  const { csrf } = await (await page.request.get("/api/csrf-token")).json();
  const answer = await page.request.post("/auth/login", {
    data: { email, password },
    headers: { "X-CSRF-Token": csrf, "X-Requested-With": "XMLHttpRequest" },
  });
  expect(answer).toBeOK();
}
