/** What a page loads of realtime before it uses it: its types, and the list of what it asks for. */
import { NetworkError } from "../contract/network-error.js";
import type { Problem } from "../contract/problem.js";
import type {
  AcknowledgementOf,
  BodyOf,
  Emits,
  Events,
  PersonOf,
  RoomCodeOf,
  Rooms,
  SpaceOf,
} from "./contract.js";
import type { Hub, RealtimeContext } from "./hub.js";
import type { RealtimeStatus } from "./status.js";
import type { REALTIME_NAMESPACE } from "./wire.js";
import type { OwnName, RoomWish, Subscription, Wishes } from "./wishes.js";

/** Not imported: the rest of that module is loaded later. */
const NOTIFICATIONS: typeof REALTIME_NAMESPACE = "/notify";

const TRY_AGAIN_MS = 15_000;

export interface RoomOptions<Room> {
  /** Joined: the first time, and again after each reconnect. What was sent meanwhile has been missed. */
  onJoined?(): void;
  /** Who is there, where the room shows it. `count` is more than `people` are, where there are too many to name. */
  onPeople?(people: PersonOf<Room>[], count: number): void;
  /** The server does not let this person in; asked again with the next connection. */
  onProblem?(problem: Problem<RoomCodeOf<Room>>): void;
}

/** Whatever it returns ends what it began. */
type Stop = () => void;

interface Watched {
  readonly status: RealtimeStatus;
  onStatus(listener: (status: RealtimeStatus) => void): Stop;
}

/** A namespace: events of both directions, which are not stored. */
export interface RealtimeSpace<Space> extends Watched {
  on<Name extends keyof Events<Space> & string>(
    name: Name,
    listener: (payload: Events<Space>[Name]) => void,
  ): Stop;
  /**
   * Sends an event, and waits for its acknowledgement: `data` or `problem`, as of a call.
   *
   * @throws NetworkError when there is no connection, or it was lost before the acknowledgement: whether the event had its
   *     effect is not known then.
   * @throws TimeoutError after 10 s.
   */
  emit<Name extends keyof Emits<Space> & string>(
    name: Name,
    ...body: BodyOf<Emits<Space>[Name]>
  ): Promise<AcknowledgementOf<Emits<Space>[Name]>>;
  /** Joins a room, `kind:key`, and stays in it. */
  join<Kind extends keyof Rooms<Space> & string>(
    room: `${Kind}:${string | number}`,
    options?: RoomOptions<Rooms<Space>[Kind]>,
  ): Stop;
}

type Stored<Sockets> = Events<SpaceOf<Sockets, typeof REALTIME_NAMESPACE>>;

/** Notifications: stored, told in order, each once in every tab. */
export interface Realtime<Sockets> extends Watched {
  on<Name extends keyof Stored<Sockets> & string>(
    name: Name,
    listener: (notification: Stored<Sockets>[Name]) => void,
  ): Stop;
  /** Hears all of them: branch on `event`. */
  onNotification(listener: (notification: Stored<Sockets>[keyof Stored<Sockets>]) => void): Stop;
  /**
   * What was read over HTTP may lack something: read it again. At the first connection of a person, and where the server
   * no longer has what was missed.
   */
  onStale(listener: () => void): Stop;
  /** How many are not read, as far as notification `seq`: now, if it is known, and whenever it changes. */
  onUnread(listener: (count: number, seq: number) => void): Stop;
  /** Another namespace, over the same connection. */
  of<Path extends keyof Sockets & string>(path: Path): RealtimeSpace<Sockets[Path]>;
}

export function createRealtime<Sockets>(
  context: RealtimeContext,
): Realtime<Sockets> & { close(): void } {
  const wishes: Wishes = {
    subscriptions: new Set(),
    rooms: new Set(),
    status: () => ({ state: "idle" }),
  };
  let loading: Promise<Hub> | undefined;

  // Many pages have no use for it: it is in no bundle that all of them load.
  function load(): Promise<Hub> {
    loading ??= import("./hub.js").then(
      (module) => module.createHub(context, wishes),
      (cause) => {
        loading = undefined;
        throw new NetworkError(new Request(context.baseUrl), cause);
      },
    );
    return loading;
  }

  function changed() {
    load().then(
      (loaded) => loaded.settle(),
      () => setTimeout(changed, TRY_AGAIN_MS),
    );
  }

  function wish<One>(all: Set<One>, one: One): Stop {
    all.add(one);
    changed();
    return () => {
      all.delete(one);
      changed();
    };
  }

  function of(path: string) {
    const on = (name: string, listener: Subscription["listener"]) =>
      wish(wishes.subscriptions, { path, name, listener });
    const own = (name: OwnName) => (listener: Subscription["listener"]) => on(name, listener);
    return {
      on,
      onNotification: own("*"),
      onStale: own("*stale"),
      onUnread: own("*unread"),
      onStatus: own("*status"),
      get status() {
        return wishes.status(path);
      },
      join: (room: string, options?: Partial<RoomWish>) =>
        wish(wishes.rooms, { ...options, path, room }),
      emit: (name: string, body?: unknown) =>
        load().then((loaded) => loaded.emit(path, name, body)),
      of,
      close() {
        loading?.then((loaded) => loaded.close());
      },
    };
  }

  return of(NOTIFICATIONS) as unknown as ReturnType<typeof createRealtime<Sockets>>;
}
