/** One connection, from its beginning to its loss: namespaces over a WebSocket, and a credential that is renewed. */
import type { Manager, ManagerOptions } from "socket.io-client";
import type { Problem } from "../contract/problem.js";
import type { Outside } from "../outside.js";
import type { Answer, Wants } from "./shared.js";
import { openSpace, type Space } from "./space.js";
import {
  REALTIME_NAMESPACE,
  REALTIME_PATH,
  REALTIME_RECONNECT_MAX_MS,
  REALTIME_RENEW_EVENT,
} from "./wire.js";

/** What proves who one is, as the authority gives it. */
export interface Credentials {
  /** The access token, renewed where it must be; `null`: the session cookie. */
  accessToken(options?: { fresh?: boolean }): Promise<string | null>;
  /** The present one, and from when on it is to be renewed. */
  token(): { value: string; renewal: number } | null | undefined;
}

export interface ConnectionOptions extends Credentials {
  baseUrl: string;
  outside: Outside;
  /** The login that it is for. */
  login: string;
  /** The number of the last notification that has come. */
  last(): number | undefined;
  changed(): void;
  heard(path: string, name: string, data: unknown): void;
  /** It is over, and has cleared up after itself. */
  lost(problem?: Problem): void;
}

export interface Connection {
  readonly spaces: ReadonlyMap<string, Space>;
  /** Whether it has said already which notification came last. */
  hasGreeted(): boolean;
  settle(wants: Wants): void;
  /** @throws Error when it was lost before the acknowledgement. */
  ask(path: string, name: string, body: unknown): Promise<Answer>;
  close(): void;
}

export function openConnection(options: ConnectionOptions): Connection {
  const { baseUrl, outside, changed } = options;
  const over = new AbortController();
  const { signal } = over;
  const spaces = new Map<string, Space>();
  let manager: Manager | undefined;
  let wants: Wants = {};
  let hasGreeted = false;
  let isRenewing = false;
  let prepared = () => {};
  const preparation = new Promise<void>((resolve) => {
    prepared = resolve;
  });

  function close() {
    over.abort();
    prepared();
    for (const space of spaces.values()) {
      space.leave();
    }
  }

  function lost(problem?: Problem) {
    if (!signal.aborted) {
      close();
      options.lost(problem);
    }
  }

  async function greeting(path: string): Promise<object> {
    const token = await options.accessToken();
    signal.throwIfAborted();
    const isStored = path === REALTIME_NAMESPACE;
    hasGreeted ||= isStored;
    return {
      // A cookie may be another login's by now, of which this tab has not heard.
      login: options.login,
      ...(token !== null && { token }),
      ...(isStored && { last: options.last() }),
    };
  }

  function settle(now: Wants) {
    wants = now;
    if (!manager || signal.aborted) {
      return;
    }
    for (const [path, space] of spaces) {
      if (!wants[path] && !space.isConnecting()) {
        spaces.delete(path);
        space.leave();
      }
    }
    for (const [path, rooms] of Object.entries(wants)) {
      const space = spaces.get(path) ?? open(path, manager);
      spaces.set(path, space);
      space.settle(rooms);
    }
  }

  function open(path: string, made: Manager): Space {
    return openSpace(made, path, {
      outside,
      signal,
      greeting: () => greeting(path),
      changed() {
        settle(wants);
        changed();
        if (!isRenewing) {
          isRenewing = true;
          renew()
            .catch(() => {})
            .finally(() => {
              isRenewing = false;
            });
        }
      },
      heard: (name, data) => options.heard(path, name, data),
      over: lost,
    });
  }

  /** In place, at the moment when a request would have the token renewed. */
  async function renew(): Promise<void> {
    let sent = options.token();
    while (sent) {
      await outside.sleep(Math.max(0, sent.renewal - outside.now()), signal);
      const space = [...spaces.values()].find((each) => each.isOpen());
      if (!space) {
        return;
      }
      try {
        // A request, or another tab, may have had it renewed meanwhile.
        const token = await options.accessToken({ fresh: options.token()?.value === sent.value });
        const { problem } = await space.ask(REALTIME_RENEW_EVENT, { token });
        if (problem) {
          lost(problem);
        }
        sent = options.token();
      } catch {
        // More tries follow until it expires, which the server says.
        await outside.sleep(REALTIME_RECONNECT_MAX_MS, signal);
      }
    }
  }

  async function prepare(): Promise<void> {
    const { openSocket = socketIo } = outside;
    const made = await openSocket(baseUrl, {
      path: REALTIME_PATH,
      transports: ["websocket"],
      reconnection: false,
      autoConnect: false,
    });
    if (!signal.aborted) {
      manager = made;
      manager.on("error", () => lost());
      manager.on("close", (reason) => {
        // Else by ourselves, since no namespace uses it: they have been left, or say why they are refused.
        if (reason !== "forced close") {
          lost();
        }
      });
      settle(wants);
      prepared();
    }
  }

  prepare().catch(() => lost());

  return {
    spaces,
    hasGreeted: () => hasGreeted,
    settle,
    async ask(path, name, body) {
      await preparation;
      const space = spaces.get(path);
      if (!space) {
        throw new Error("The namespace has been left.");
      }
      return space.ask(name, body);
    },
    close,
  };
}

async function socketIo(url: string, options: Partial<ManagerOptions>): Promise<Manager> {
  const { Manager: Made } = await import("socket.io-client");
  return new Made(url, options);
}
