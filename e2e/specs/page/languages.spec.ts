import { expect, test } from "../../fixtures.ts";

test("a reader switches to Korean and back, and the choice stays", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "한국어" }).click();
  await expect(page.getByRole("heading", { name: "홈", level: 1 })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await page.reload();
  await expect(page.getByRole("heading", { name: "홈", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

test.describe("a Korean browser", () => {
  test.use({ locale: "ko-KR" });

  test("a reader whose browser is Korean is met in Korean, problems included", async ({ page }) => {
    await page.goto("/sign-in");
    await expect(page.getByRole("heading", { name: "로그인", level: 1 })).toBeVisible();
    await page.getByLabel("이메일").fill("nobody@example.com");
    await page.getByLabel("비밀번호", { exact: true }).fill("wrong password");
    await page.getByRole("button", { name: "로그인" }).click();
    await expect(page.getByRole("alert")).toContainText(/[가-힣]/);
  });
});
