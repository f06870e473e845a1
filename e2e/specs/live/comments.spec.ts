import { expect, test, write } from "../../fixtures.ts";
import { expectLive, somebodyElse } from "../../live.ts";

test("two who are at one post see each other, that one writes, and what is written", async ({
  browser,
  mine: page,
  person,
  starter,
}) => {
  const { id } = await write(page.context(), starter, "A place to talk");
  const other = await somebodyElse(browser, starter);
  const there = await other.context.newPage();
  await Promise.all([page.goto(`/posts/${id}`), there.goto(`/posts/${id}`)]);
  await Promise.all([expectLive(page), expectLive(there)]);
  await expect(page.getByText(`Also here: ${other.person.name}`)).toBeAttached();
  await expect(there.getByText(`Also here: ${person.name}`)).toBeAttached();

  await there.getByLabel("Write a comment").pressSequentially("Hello");
  await expect(page.getByText(`${other.person.name} is writing…`)).toBeVisible();
  await there.getByRole("button", { name: "Comment", exact: true }).click();
  const comments = page.getByRole("list", { name: /^Comments/ });
  await expect(comments).toContainText("Hello");
  await expect(page.getByText(`New comment by ${other.person.name}.`)).toBeAttached();
  await expect(page.getByText(`${other.person.name} is writing…`)).toBeHidden();

  await there.getByRole("button", { name: /^Like/ }).click();
  await expect(page.getByRole("button", { name: /^Like/ })).toContainText("1");
  await there.close();
  await expect(page.getByText(`Also here: ${other.person.name}`)).toHaveCount(0);
  await other.context.close();
});
