import { isolated } from "../../core/isolated.js";
import type { RoomState, SharedState } from "../state.js";
import type { RoomSubscription } from "./subscriptions.js";

/** Make a function that calls the subscriptions of rooms for each change since its last call. */
export function createRooms(
  subscriptions: ReadonlySet<RoomSubscription>,
): (state: SharedState) => void {
  const lastStates = new WeakMap<RoomSubscription, RoomState>();
  return ({ namespaces }) => {
    for (const subscription of subscriptions) {
      const present = namespaces[subscription.path]?.rooms[subscription.room];
      if (present) {
        const before = lastStates.get(subscription);
        lastStates.set(subscription, present);
        isolated(() => callBack(subscription, present, before));
      }
    }
  };
}

function callBack(
  subscription: RoomSubscription,
  present: RoomState,
  before: RoomState | undefined,
) {
  const { joinedBy, problem, people, count = 0 } = present;
  if (joinedBy !== before?.joinedBy) {
    if (problem) {
      subscription.onProblem?.(problem as never);
    } else {
      subscription.onJoined?.();
    }
  }
  // The server names a hundred people at most: beyond them only the count changes.
  const hasChanged =
    JSON.stringify([people, count]) !== JSON.stringify([before?.people, before?.count]);
  if (people && hasChanged) {
    subscription.onPeople?.(people as never[], count);
  }
}
