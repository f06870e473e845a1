import { expect, test, write } from "../../fixtures.ts";
import { expectLive, expectUnread, somebodyElse } from "../../live.ts";
import { shortLived, untilExpired } from "../../refreshing.ts";
import { watchSockets } from "../../sockets.ts";

test.use({ environment: shortLived });

test("one connection outlives its access tokens, renewed in place, and misses nothing", async ({
  browser,
  mine: page,
  starter,
}) => {
  const sockets = watchSockets(page.context());
  const { id } = await write(page.context(), starter, "For a long time");
  const other = await somebodyElse(browser, starter);
  await page.goto("/");
  await expectLive(page);
  for (const count of [1, 2, 3]) {
    await untilExpired(page);
    await other.comment(id, `After ${count} lives of a token`);
    await expectUnread(page, count);
  }
  await expectLive(page);
  expect(sockets.count()).toBe(1);
  await other.context.close();
});
