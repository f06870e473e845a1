/** Tells those who have joined rooms. */
import { isolated } from "../isolated.js";
import type { RoomState, State } from "./shared.js";
import type { RoomWish } from "./wishes.js";

/** @returns what tells what is new to each. */
export function createRooms(wishes: ReadonlySet<RoomWish>): (state: State) => void {
  const told = new WeakMap<RoomWish, RoomState>();
  return ({ spaces }) => {
    for (const wish of wishes) {
      const now = spaces[wish.path]?.rooms[wish.room];
      if (now) {
        const before = told.get(wish);
        told.set(wish, now);
        isolated(() => tell(wish, now, before));
      }
    }
  };
}

function tell(wish: RoomWish, now: RoomState, before: RoomState | undefined) {
  const { by, problem, people, count = 0 } = now;
  if (by !== before?.by) {
    if (problem) {
      wish.onProblem?.(problem as never);
    } else {
      wish.onJoined?.();
    }
  }
  if (people && JSON.stringify(people) !== JSON.stringify(before?.people)) {
    wish.onPeople?.(people as never[], count);
  }
}
