/** The callbacks of rooms. */
import { expect, test } from "vitest";
import { createRooms } from "../../../src/realtime/listeners/rooms.js";
import type { SharedState } from "../../../src/realtime/state.js";

test("onPeople() is called when only the count changes, and not again for the same", () => {
  const calls: [string[], number][] = [];
  const update = createRooms(
    new Set([
      {
        path: "/live",
        room: "post:7",
        onPeople: (people: string[], count: number) => calls.push([people, count]),
      },
    ]),
  );
  const state = (count: number): SharedState => ({
    namespaces: {
      "/live": {
        status: { state: "open" },
        rooms: { "post:7": { joinedBy: "a", people: ["Ada"], count } },
      },
    },
    summary: null,
  });
  for (const count of [101, 101, 102, 102, 101]) {
    update(state(count));
  }

  expect(calls.map(([, count]) => count)).toEqual([101, 102, 101]);
});
