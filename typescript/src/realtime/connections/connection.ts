/** One connection from its beginning to its loss: namespaces over a WebSocket, and a credential that is renewed. */
import type { Manager, ManagerOptions } from "socket.io-client";
import type { Problem } from "../../contract/problem.js";
import type { Outside } from "../../core/outside.js";
import { singleFlight } from "../../core/single-flight.js";
import type { Acknowledgement, Deadline, WantedRooms } from "../state.js";
import {
  REALTIME_NAMESPACE,
  REALTIME_PATH,
  REALTIME_RECONNECT_MAX_MS,
  REALTIME_RENEW_EVENT,
} from "../wire.js";
import { type Namespace, openNamespace } from "./namespace.js";

/** The credential of the login, as the authority gives it. */
export interface CredentialSource {
  /** Returns the access token, renewed where it must be; `null`: the login is by the session cookie. */
  accessToken(options?: { fresh?: boolean }): Promise<string | null>;
  /** Returns the present access token, and from when on it is to be renewed. */
  token(): { value: string; renewal: number } | null | undefined;
}

/** The dependencies of a connection. */
export interface ConnectionOptions extends CredentialSource {
  baseUrl: string;
  outside: Outside;
  /** The id of the login that it is for. */
  login: string;
  /** The number of the last notification that has arrived. */
  last(): number | undefined;
  onChange(): void;
  onEvent(path: string, name: string, data: unknown): void;
  /** Is called when it is over, after it has cleared up. */
  onLost(problem?: Problem): void;
}

/** One connection. */
export interface Connection {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** Whether it has sent the number of the last notification to the server. */
  hasSentLast(): boolean;
  /** Opens and leaves namespaces and rooms until it has exactly these. */
  setWanted(wanted: WantedRooms): void;
  /** Ends the waits of namespaces between two tries. */
  hurry(): void;
  /** @throws Error when it was lost before the acknowledgement, or was not there before the deadline. */
  emit(path: string, name: string, body: unknown, deadline: Deadline): Promise<Acknowledgement>;
  close(): void;
}

/** Open a connection. It is made by its first namespace. */
export function openConnection(options: ConnectionOptions): Connection {
  const { baseUrl, outside, onChange } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const namespaces = new Map<string, Namespace>();
  let manager: Manager | undefined;
  let wanted: WantedRooms = {};
  let hasSentLast = false;
  let endPreparation = () => {};
  const preparation = new Promise<void>((resolve) => {
    endPreparation = resolve;
  });

  function close() {
    closing.abort();
    endPreparation();
    for (const namespace of namespaces.values()) {
      namespace.leave();
    }
  }

  function lose(problem?: Problem) {
    if (!signal.aborted) {
      close();
      options.onLost(problem);
    }
  }

  async function handshake(path: string): Promise<object> {
    const token = await options.accessToken();
    signal.throwIfAborted();
    const hasNotifications = path === REALTIME_NAMESPACE;
    hasSentLast ||= hasNotifications;
    return {
      // The cookie may by now belong to another login, of which this tab has not heard.
      login: options.login,
      ...(token !== null && { token }),
      ...(hasNotifications && { last: options.last() }),
    };
  }

  function setWanted(nowWanted: WantedRooms) {
    wanted = nowWanted;
    if (!manager || signal.aborted) {
      return;
    }
    for (const [path, namespace] of namespaces) {
      if (!wanted[path] && !namespace.isConnecting()) {
        namespaces.delete(path);
        namespace.leave();
      }
    }
    for (const [path, rooms] of Object.entries(wanted)) {
      const namespace = namespaces.get(path) ?? open(path, manager);
      namespaces.set(path, namespace);
      namespace.setRooms(rooms);
    }
  }

  function open(path: string, openManager: Manager): Namespace {
    return openNamespace(openManager, path, {
      outside,
      signal,
      handshake: () => handshake(path),
      onChange() {
        setWanted(wanted);
        onChange();
        renew().catch(() => {});
      },
      onEvent: (name, data) => options.onEvent(path, name, data),
      onLost: lose,
    });
  }

  /** Renews the token over the open connection, at the moment when a request would have it renewed. */
  const renew = singleFlight(async () => {
    let sent = options.token();
    while (sent) {
      await outside.sleep(Math.max(0, sent.renewal - outside.now()), signal);
      const namespace = [...namespaces.values()].find((each) => each.isOpen());
      if (!namespace) {
        return;
      }
      try {
        // A request or another tab may have had it renewed already.
        const token = await options.accessToken({ fresh: options.token()?.value === sent.value });
        const { problem } = await namespace.emit(REALTIME_RENEW_EVENT, { token });
        if (problem) {
          lose(problem);
        }
        sent = options.token();
      } catch {
        // It is tried again until the token expires, which the server reports.
        await outside.sleep(REALTIME_RECONNECT_MAX_MS, signal);
      }
    }
  });

  async function prepare(): Promise<void> {
    const { openSocket = openSocketIo } = outside;
    const opened = await openSocket(baseUrl, {
      path: new URL(baseUrl + REALTIME_PATH).pathname, // of an address, Socket.IO takes the origin only
      transports: ["websocket"],
      reconnection: false,
      autoConnect: false,
    });
    if (!signal.aborted) {
      manager = opened;
      manager.on("error", () => lose());
      manager.on("close", (reason) => {
        // "forced close": by this side, since no namespace uses it. They were left, or are refused and say why.
        if (reason !== "forced close") {
          lose([...namespaces.values()].map((each) => each.ending()).find(Boolean));
        }
      });
      setWanted(wanted);
      endPreparation();
    }
  }

  prepare().catch(() => lose());

  return {
    namespaces,
    hasSentLast: () => hasSentLast,
    setWanted,
    hurry() {
      for (const namespace of namespaces.values()) {
        namespace.hurry();
      }
    },
    async emit(path, name, body, deadline) {
      await preparation;
      const namespace = namespaces.get(path);
      if (!namespace) {
        throw new Error("The namespace has been left.");
      }
      return namespace.emit(name, body, deadline);
    },
    close,
  };
}

async function openSocketIo(url: string, options: Partial<ManagerOptions>): Promise<Manager> {
  const { Manager: SocketIoManager } = await import("socket.io-client");
  return new SocketIoManager(url, options);
}
