import type { Page } from "@playwright/test";
import { expect, test, write } from "../../fixtures.ts";
import { expectLive, expectUnread, somebodyElse } from "../../live.ts";
import { watchSockets } from "../../sockets.ts";

test("five tabs share one connection, and when the tab that has it goes, another takes over", async ({
  browser,
  mine: page,
  starter,
}) => {
  const context = page.context();
  const sockets = watchSockets(context);
  const { id } = await write(context, starter, "For all tabs");
  const tabs = [page];
  while (tabs.length < 5) {
    tabs.push(await context.newPage());
  }
  await Promise.all(tabs.map((tab) => tab.goto("/")));
  for (const tab of tabs) {
    await expectLive(tab);
  }
  await expect.poll(sockets.open).toBe(1);

  const other = await somebodyElse(browser, starter);
  let count = 0;
  while (tabs.length > 1) {
    await other.comment(id, `Comment ${++count}`);
    for (const tab of tabs) {
      await expectUnread(tab, count);
    }
    const leader = sockets.holder();
    await leader?.close();
    tabs.splice(tabs.indexOf(leader as Page), 1);
    await other.comment(id, `Comment ${++count}`); // while nobody has the connection
    for (const tab of tabs) {
      await expectUnread(tab, count);
      await expectLive(tab);
    }
    await expect.poll(sockets.open).toBe(1);
  }
  await other.context.close();
});

test("tabs that cannot speak to each other have a connection each, and miss nothing", async ({
  browser,
  mine: page,
  starter,
}) => {
  const context = page.context();
  await context.addInitScript(() => {
    Object.defineProperty(navigator, "locks", { value: undefined });
    Object.defineProperty(window, "BroadcastChannel", { value: undefined });
  });
  const sockets = watchSockets(context);
  const { id } = await write(context, starter, "For each tab");
  const second = await context.newPage();
  await Promise.all([page.goto("/"), second.goto("/")]);
  await Promise.all([expectLive(page), expectLive(second)]);
  expect(sockets.open()).toBe(2);
  const other = await somebodyElse(browser, starter);
  await other.like(id);
  await Promise.all([expectUnread(page, 1), expectUnread(second, 1)]);
  await other.context.close();
});
