import { expectNoSidewaysScroll } from "../../axe.ts";
import { expect, test, write } from "../../fixtures.ts";
import { looks } from "../../looks.ts";
import { membersOnly, show } from "../../screens.ts";

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

  test.describe("on a narrow phone", () => {
    test.use({ viewport: looks["a narrow phone"].viewport });

    test("no screen scrolls sideways, and titles keep together", async ({
      mine: page,
      starter,
    }) => {
      const { id } = await write(
        page.context(),
        starter,
        "짧은 제목과 아주 긴 제목을 위한 이야기",
        "글",
      );
      for (const [screen, address] of Object.entries(membersOnly)) {
        await show(page, address, id);
        await expectNoSidewaysScroll(page, screen);
      }
      await show(page, "/", id);
      const title = page.getByRole("article").first().getByRole("heading", { level: 2 });
      const lines = await title.getByRole("link").evaluate((link) => {
        const { lineHeight, fontSize } = getComputedStyle(link);
        return Number.parseFloat(lineHeight) / Number.parseFloat(fontSize);
      });
      expect(lines).toBeLessThan(1.4);
    });
  });
});
