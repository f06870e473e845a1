/** The sockets of the backend, in place of the package's connection: the test says what comes, and sees what goes. */

import { act } from "@testing-library/react";
import type { RealtimeStatus, RoomOptions } from "flask-dovetail";
import { dovetail } from "../api/client";

export interface Live {
  /** What was emitted: `/namespace event {…}`. */
  emitted: string[];
  /** The rooms that are joined: `/namespace kind:key`. */
  rooms: string[];
  /** An event of a namespace comes. */
  says(path: string, event: string, payload: object): void;
  /** A notification comes. */
  notifies(notification: object): void;
  /** The list that was read may be incomplete. */
  stale(): void;
  /** Another number of them is not read. */
  counts(unread: number): void;
  /** The connection is in another state. */
  is(state: RealtimeStatus["state"]): void;
  /** Others are in the room, which has been joined. */
  shows(room: string, people: readonly object[]): void;
}

type Listener = (...told: never[]) => void;

const notifications = "/notify";

export function startLive(): Live {
  const listeners: { path: string; name: string; listener: Listener }[] = [];
  const joined: { name: string; options: RoomOptions<{ people: object }> }[] = [];
  const emitted: string[] = [];
  let status = { state: "open" } as RealtimeStatus;

  function begin<One>(all: One[], one: One): () => void {
    all.push(one);
    return () => {
      all.splice(all.indexOf(one), 1);
    };
  }

  function tell(isFor: (path: string, name: string) => boolean, ...told: unknown[]) {
    act(() => {
      for (const { listener } of listeners.filter(({ path, name }) => isFor(path, name))) {
        listener(...(told as never[]));
      }
    });
  }

  const space = (path: string) => {
    const on = (name: string, listener: Listener) => begin(listeners, { path, name, listener });
    return {
      on,
      onStatus: on.bind(null, "status"),
      get status() {
        return status;
      },
      join: (room: string, options: RoomOptions<{ people: object }>) =>
        begin(joined, { name: `${path} ${room}`, options }),
      async emit(name: string, body: object) {
        emitted.push(`${path} ${name} ${JSON.stringify(body)}`);
        return { data: null };
      },
    };
  };
  const own = space(notifications);
  const realtime = Object.assign(own, {
    onNotification: own.on.bind(null, "any"),
    onStale: own.on.bind(null, "stale"),
    onUnread: own.on.bind(null, "unread"),
    of: space,
  });
  Object.assign(dovetail, { realtime });

  return {
    emitted,
    get rooms() {
      return joined.map(({ name }) => name);
    },
    says: (at, event, payload) => tell((path, name) => path === at && name === event, payload),
    notifies: (notification) => tell((_, name) => name === "any", notification),
    stale: () => tell((_, name) => name === "stale"),
    counts: (unread) => tell((_, name) => name === "unread", unread, 0),
    is(state) {
      status = { ...status, state } as RealtimeStatus;
      tell((_, name) => name === "status", status);
    },
    shows(room, people) {
      act(() => {
        for (const { options } of joined.filter(({ name }) => name === `/live ${room}`)) {
          options.onJoined?.();
          options.onPeople?.([...people], people.length);
        }
      });
    },
  };
}
