/** The part of realtime that every page loads: its types, and the list of subscriptions. */
import { loadCode } from "../contract/load-code.js";
import type { Problem } from "../contract/problem.js";
import type {
  AcknowledgementOf,
  BodyOf,
  Emits,
  Events,
  NamespaceOf,
  PersonOf,
  RoomCodeOf,
  Rooms,
} from "./contract.js";
import type {
  LocalEvent,
  RoomSubscription,
  Subscription,
  Subscriptions,
} from "./listeners/subscriptions.js";
import type { RealtimeStatus } from "./status.js";
import type { RealtimeContext } from "./tabs/tab.js";
import type { REALTIME_NAMESPACE } from "./wire.js";

/** Not imported as a value: the rest of that module is loaded later. */
const NOTIFICATIONS: typeof REALTIME_NAMESPACE = "/notify";

const LOAD_AGAIN_MS = 15_000;

/** The callbacks of a room. */
export interface RoomOptions<Room> {
  /** The room was joined: the first time, and again after each reconnect. Events sent in between were missed. */
  onJoined?(): void;
  /** The people in the room have changed, where the room shows them. `count` may be more than `people` has. */
  onPeople?(people: PersonOf<Room>[], count: number): void;
  /** The server refuses to let this person in. It is asked again with the next connection. */
  onProblem?(problem: Problem<RoomCodeOf<Room>>): void;
}

/** Ends the subscription, or leaves the room, of the call that returned it. */
type Stop = () => void;

interface WithStatus {
  readonly status: RealtimeStatus;
  onStatus(listener: (status: RealtimeStatus) => void): Stop;
}

/** A namespace: events of both directions, which are not stored. */
export interface RealtimeSpace<Namespace> extends WithStatus {
  on<Name extends keyof Events<Namespace> & string>(
    name: Name,
    listener: (payload: Events<Namespace>[Name]) => void,
  ): Stop;
  /**
   * Sends an event, and waits for its acknowledgement: `data` or `problem`, as with a call.
   *
   * @throws NetworkError when there is no connection, or it was lost before the acknowledgement. Then it is not known
   *     whether the event had its effect.
   * @throws TimeoutError after 10 s.
   */
  emit<Name extends keyof Emits<Namespace> & string>(
    name: Name,
    ...body: BodyOf<Emits<Namespace>[Name]>
  ): Promise<AcknowledgementOf<Emits<Namespace>[Name]>>;
  /** Joins a room, `kind:key`, and stays in it. */
  join<Kind extends keyof Rooms<Namespace> & string>(
    room: `${Kind}:${string | number}`,
    options?: RoomOptions<Rooms<Namespace>[Kind]>,
  ): Stop;
}

type Stored<Sockets> = Events<NamespaceOf<Sockets, typeof REALTIME_NAMESPACE>>;

/** Notifications: stored, delivered in order, each once in every tab. */
export interface Realtime<Sockets> extends WithStatus {
  on<Name extends keyof Stored<Sockets> & string>(
    name: Name,
    listener: (notification: Stored<Sockets>[Name]) => void,
  ): Stop;
  /** Subscribes to all notifications: branch on `event`. */
  onNotification(listener: (notification: Stored<Sockets>[keyof Stored<Sockets>]) => void): Stop;
  /**
   * Is called when the list that was read over HTTP may be incomplete: read it again. So it is at the first connection
   * of a person, and when the server no longer has missing notifications.
   */
  onStale(listener: () => void): Stop;
  /** Is called with the unread count as far as notification `seq`: now, if it is known, and whenever it changes. */
  onUnread(listener: (count: number, seq: number) => void): Stop;
  /** Returns another namespace, over the same connection. */
  of<Path extends keyof Sockets & string>(path: Path): RealtimeSpace<Sockets[Path]>;
}

/** Make the notifications and namespaces of a page. The code of connections is loaded with the first subscription. */
export function createRealtime<Sockets>(
  context: RealtimeContext,
): Realtime<Sockets> & { close(): void } {
  const subscriptions: Subscriptions = {
    listeners: new Set(),
    rooms: new Set(),
    status: () => ({ state: "idle" }),
  };

  const closing = new AbortController();
  const loadTab = loadCode(context.baseUrl, async () =>
    (await import("./tabs/tab.js")).createTab(context, subscriptions, closing.signal),
  );

  function update() {
    loadTab().then(
      (tab) => tab.update(),
      () => setTimeout(update, LOAD_AGAIN_MS),
    );
  }

  function subscribe<One>(all: Set<One>, subscription: One): Stop {
    all.add(subscription);
    update();
    return () => {
      all.delete(subscription);
      update();
    };
  }

  function of(path: string) {
    const on = (name: string, listener: Subscription["listener"]) =>
      subscribe(subscriptions.listeners, { path, name, listener });
    const onLocal = (name: LocalEvent) => (listener: Subscription["listener"]) =>
      on(name, listener);
    return {
      on,
      onNotification: onLocal("*"),
      onStale: onLocal("*stale"),
      onUnread: onLocal("*unread"),
      onStatus: onLocal("*status"),
      get status() {
        return subscriptions.status(path);
      },
      join: (room: string, options?: Partial<RoomSubscription>) =>
        subscribe(subscriptions.rooms, { ...options, path, room }),
      emit: (name: string, body?: unknown) => loadTab().then((tab) => tab.emit(path, name, body)),
      of,
      close: () => closing.abort(),
    };
  }

  return of(NOTIFICATIONS) as unknown as ReturnType<typeof createRealtime<Sockets>>;
}
