import type { Page, Request } from "@playwright/test";
import { digestOf, writeSource } from "../../bytes.ts";
import { expect, test } from "../../fixtures.ts";
import { expectLive, expectUnread, somebodyElse } from "../../live.ts";
import { choose } from "../../my-files.ts";
import { prefix } from "../../starter.ts";

/** The addresses that a page asks for, sockets included. */
function watchAddresses(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request: Request) => asked.push(request.url()));
  page.on("websocket", (socket) => asked.push(socket.url()));
  return asked;
}

test("everything works below a path, and nothing is asked for beside it", async ({
  browser,
  page,
  person,
  starter,
}, testInfo) => {
  const app = starter.origin + prefix;
  const asked = watchAddresses(page);

  // Signing in leads back to a deep link.
  await page.goto(`${app}/my-files`);
  await expect(page).toHaveURL(`${app}/sign-in?next=%2Fmy-files`);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${app}/my-files`);

  // A file in several parts goes and comes.
  const source = await writeSource(testInfo.outputPath("parts.bin"), 2 * starter.partBytes + 1);
  await choose(page, source);
  const row = page.getByRole("list", { name: "Uploaded" }).getByRole("listitem");
  const download = page.waitForEvent("download");
  await row.filter({ hasText: source.name }).getByRole("link", { name: "Download" }).click();
  expect(await digestOf(await (await download).path())).toBe(source.sha256);

  // A deep link is the page again, and who it was: by the refresh cookie in the token strategy.
  const refreshed =
    starter.strategy === "token" ? page.waitForResponse(`${app}/auth/refresh`) : undefined;
  await page.reload();
  await expect(row.filter({ hasText: source.name })).toBeVisible();
  expect((await refreshed)?.status() ?? 200).toBe(200);

  // A notification arrives by the socket, and leads to the post.
  await page.getByRole("navigation").getByRole("link", { name: "New post" }).click();
  await page.getByLabel("Title").fill("Below a path");
  await page.getByLabel("Text").fill("…");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page).toHaveURL(new RegExp(`^${app}/posts/\\d+$`));
  const post = page.url();
  await page.getByRole("link", { name: "Home" }).click();
  await expectLive(page);
  const other = await somebodyElse(browser, { ...starter, apiOrigin: app });
  await other.like(Number(post.split("/").at(-1)));
  await expectUnread(page, 1);
  await page.getByRole("status").getByRole("button", { name: "Open" }).click();
  await expect(page).toHaveURL(post);

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  const host = new URL(starter.origin).host;
  const beside = asked.filter(
    (url) => new URL(url).host === host && !url.includes(`${host}${prefix}/`),
  );
  expect(beside).toEqual([]);
  expect(asked.some((url) => url.startsWith(`ws://${host}${prefix}/socket.io/`))).toBe(true);
});
