import { expect, signIn, test, write } from "../../fixtures.ts";
import { expectLive, expectUnread, somebodyElse } from "../../live.ts";

test("a like and a comment are announced, counted, listed and read, in every tab and on every device", {
  tag: "@journey",
}, async ({ browser, mine: page, person, starter }) => {
  const { id, title } = await write(page.context(), starter, "A post to like");
  const other = await somebodyElse(browser, starter);
  const phone = await browser.newContext({ baseURL: starter.origin, locale: "en-GB" });
  await signIn(phone, starter, person);
  const there = await phone.newPage();
  await Promise.all([page.goto("/profile"), there.goto("/profile")]);
  const second = await page.context().newPage();
  await second.goto("/");
  for (const one of [page, second, there]) {
    await expectLive(one);
    await expectUnread(one, 0);
  }

  await page.bringToFront();
  await other.like(id);
  const text = `${other.person.name} likes your post “${title}”.`;
  await expect(page.getByRole("status").filter({ hasText: text })).toBeVisible();
  for (const one of [page, second, there]) {
    await expectUnread(one, 1);
  }

  await other.comment(id, "Well said.");
  for (const one of [page, second, there]) {
    await expectUnread(one, 2);
  }
  await page.getByRole("link", { name: "Notifications: 2 unread" }).click();
  const rows = page.getByRole("list", { name: "Notifications" }).getByRole("listitem");
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("Well said.");
  await expect(rows.first()).toContainText("New");

  await rows.first().getByRole("link").click();
  await expect(page.getByRole("heading", { name: title })).toBeVisible();
  for (const one of [page, second, there]) {
    await expectUnread(one, 1);
  }
  await there.goto("/notifications");
  await there.getByRole("button", { name: "Mark all as read" }).click();
  for (const one of [page, second, there]) {
    await expectUnread(one, 0);
  }
  await phone.close();
  await other.context.close();
});

test("what happened while nobody looked is there at the next visit, and is not announced again", async ({
  browser,
  mine: page,
  starter,
}) => {
  const { id } = await write(page.context(), starter, "While I was away");
  const other = await somebodyElse(browser, starter);
  await other.like(id);
  await other.comment(id, "Are you there?");
  await page.goto("/");
  await expectLive(page);
  await expectUnread(page, 2);
  await expect(page.locator(".toast")).toHaveCount(0);
  await other.context.close();
});

test("what one does oneself notifies nobody", async ({ mine: page, starter }) => {
  const { id } = await write(page.context(), starter, "My own");
  await page.goto(`/posts/${id}`);
  await expectLive(page);
  const like = page.getByRole("button", { name: /^Like/ });
  await like.click();
  await expect(like).toHaveAttribute("aria-pressed", "true");
  await expect(like).toContainText("1");
  await page.getByLabel("Write a comment").fill("To myself");
  await page.getByRole("button", { name: "Comment", exact: true }).click();
  await expect(page.getByRole("list", { name: /^Comments/ })).toContainText("To myself");
  await page.reload();
  await expectLive(page);
  await expectUnread(page, 0);
});
