/** A network that lets no WebSocket through: notifications come over HTTP, and nothing is lost when it does again. */
import { expect, test, vi } from "vitest";
import { outside } from "../../../src/core/outside.js";
import { eventually, openTabs, strategies, subject } from "../../support/live.js";

const item = (seq: number) => ({
  seq,
  event: "post-liked",
  data: { post_id: seq, by: "ada" },
  created_at: "2027-01-15T08:00:00Z",
  read_at: null,
});

/** A page whose pauses between two questions are short, and a server that lists notifications. */
function listing() {
  const asked: Request[] = [];
  const list = {
    items: [] as ReturnType<typeof item>[],
    seq: 0,
    unread: 0,
    next_cursor: null as string | null,
  };
  return {
    asked,
    list,
    outside: {
      sleep: (ms: number, signal: AbortSignal) =>
        outside.sleep(ms >= 6000 && ms < 9000 ? 5 : ms, signal),
      async fetch(request: Request) {
        if (new URL(request.url).pathname !== "/api/notifications") {
          return outside.fetch(request);
        }
        asked.push(request);
        return Response.json(list);
      },
    },
  };
}

for (const strategy of strategies) {
  test(`notifications arrive over HTTP, each once, and the socket goes on after them, by ${strategy}`, async () => {
    const { asked, list, outside: parts } = listing();
    const { sockets, tab } = await openTabs(1, strategy, { outside: parts });
    sockets.notify(subject, "post-liked");
    await eventually(() => expect(tab.seqs).toEqual([1]));
    asked.length = 0; // pauses are so short here that it may have asked before the socket was open

    sockets.setDown(true);
    sockets.cut();
    Object.assign(list, { items: [item(3), item(2), item(1)], seq: 3, unread: 3 });
    await eventually(() => expect(tab.seqs).toEqual([1, 2, 3]));
    expect(tab.unread.at(-1)).toEqual([3, 3]);
    expect(asked[0]?.headers.has("Authorization")).toBe(strategy === "token");

    for (let count = 0; count < 3; count++) {
      sockets.notify(subject, "post-liked");
    }
    sockets.setDown(false);
    await eventually(() => expect(tab.realtime.status.state).toBe("open"));
    await eventually(() => expect(tab.seqs).toEqual([1, 2, 3, 4]));
    const questions = asked.length;
    await outside.sleep(50, new AbortController().signal);
    expect(asked).toHaveLength(questions);
    expect(tab.stale()).toBe(1);
  });
}

test("a list that no longer reaches back has the page read it again", async () => {
  const { list, outside: parts } = listing();
  const { sockets, tab } = await openTabs(1, "session", { outside: parts });
  sockets.setDown(true);
  sockets.cut();
  Object.assign(list, { items: [item(60), item(59)], seq: 60, unread: 60, next_cursor: "more" });
  await eventually(() => expect(tab.stale()).toBe(2));

  expect(tab.seqs).toEqual([]);
  expect(tab.unread.at(-1)).toEqual([60, 60]);
});

test("a hidden tab does not ask, and asks when it comes into view", async () => {
  vi.stubGlobal("document", { visibilityState: "hidden" });
  const { asked, list, outside: parts } = listing();
  const { sockets, tab } = await openTabs(1, "session", { outside: parts });
  sockets.setDown(true);
  sockets.cut();
  Object.assign(list, { items: [item(1)], seq: 1, unread: 1 });
  await eventually(() => expect(tab.states).toContain("waiting"));
  await outside.sleep(60, new AbortController().signal);
  expect(asked).toEqual([]);

  vi.stubGlobal("document", { visibilityState: "visible" });
  await eventually(() => expect(tab.seqs).toEqual([1]));
  vi.unstubAllGlobals();
});
