/** The connection of all tabs that share one: kept open while there is a login and one of them wants something. */
import type { Problem } from "../contract/problem.js";
import { backoff } from "./backoff.js";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.js";
import {
  type Answer,
  isStanding,
  isStored,
  merge,
  type Said,
  type SpaceState,
  type State,
  type Wants,
} from "./shared.js";
import { soon } from "./soon.js";
import { CURABLE } from "./space.js";
import type { RealtimeStatus } from "./status.js";
import { createStream } from "./stream.js";
import { REALTIME_NAMESPACE, REALTIME_RECONNECT_MAX_MS, REALTIME_RESET_EVENT } from "./wire.js";

export interface LinkOptions
  extends Pick<ConnectionOptions, "accessToken" | "baseUrl" | "login" | "outside" | "token"> {
  /** Asks the authority who is signed in. */
  session(options: { fresh: true }): Promise<unknown>;
  /** Tells what holds now, to all tabs. */
  onState(state: State): void;
  onSaid(said: Said): void;
}

export interface Link {
  /**
   * What a tab wants.
   *
   * @param seen the last notification that it has; `null`: none is missing.
   */
  want(tab: string, wants: Wants, seen: number | null): void;
  drop(tab: string): void;
  /** Tries at once, whatever wait is left. */
  hurry(): void;
  state(): State;
  /** @throws Error when there is no connection. */
  call(path: string, name: string, body: unknown): Promise<Answer>;
  close(): void;
}

export function createLink(options: LinkOptions): Link {
  const { outside, onSaid } = options;
  const tabs = new Map<string, Wants>();
  const stream = createStream();
  let connection: Connection | null = null;
  /** Of what is neither open nor refused. */
  let phase: RealtimeStatus = { state: "connecting" };
  let failures = 0;
  let isCuring = false;
  let isCured = false;
  let openSince: number | undefined;
  let lostAt: number | undefined;
  let waiting = new AbortController();
  let isClosed = false;

  const changed = soon(() => {
    if (!isClosed) {
      options.onState(state());
    }
  });
  const union = () => merge(tabs.values());

  function settle() {
    const wants = union();
    if (!wants[REALTIME_NAMESPACE]) {
      stream.forget();
    }
    if (connection) {
      connection.settle(wants);
    } else if (!isCuring && phase.state !== "waiting") {
      start();
    }
    changed();
  }

  function start() {
    phase = { state: "connecting", since: lostAt };
    connection = openConnection({
      ...options,
      last: stream.last,
      changed: opened,
      heard,
      lost,
    });
    connection.settle(union());
    changed();
  }

  function opened() {
    if ([...(connection?.spaces.values() ?? [])].some((space) => space.isOpen())) {
      openSince ??= outside.now();
      lostAt = undefined;
    }
    changed();
  }

  function stop() {
    connection?.close();
    connection = null;
    waiting.abort();
    waiting = new AbortController();
  }

  function lost(problem?: Problem) {
    const now = outside.now();
    connection = null;
    // One that breaks again and again right after its beginning has not recovered.
    if (openSince !== undefined && now - openSince > REALTIME_RECONNECT_MAX_MS) {
      failures = 0;
      isCured = false;
    }
    openSince = undefined;
    lostAt ??= now;
    if (problem && CURABLE.has(problem.code)) {
      void cure(problem);
    } else {
      void pause(problem);
    }
  }

  /** Lets the authority find out. If the login has ended, it says so to all, and this link is closed. */
  async function cure(problem: Problem): Promise<void> {
    const { signal } = waiting;
    const isFirst = !isCured;
    isCured = true;
    isCuring = true;
    phase = { state: "connecting", since: lostAt };
    changed();
    try {
      if ((await options.accessToken({ fresh: true })) === null) {
        await options.session({ fresh: true });
      }
    } catch {
      // Out of reach: the next handshake tells more.
    }
    isCuring = false;
    if (signal.aborted) {
      return;
    }
    if (isFirst) {
      start();
    } else {
      await pause(problem);
    }
  }

  async function pause(problem?: Problem): Promise<void> {
    const now = outside.now();
    const { signal } = waiting;
    failures += 1;
    const wait = backoff(failures, outside.random());
    phase = { state: "waiting", since: lostAt ?? now, nextAttempt: now + wait, problem };
    changed();
    await outside.sleep(wait, signal).then(start, () => {});
  }

  function heard(path: string, name: string, data: unknown) {
    if (path !== REALTIME_NAMESPACE) {
      onSaid({ path, name, data });
      return;
    }
    const after = isStored(data) ? stream.take(data) : undefined;
    if (isStanding(data)) {
      if (name === REALTIME_RESET_EVENT) {
        stream.reset(data);
      } else {
        stream.tell(data);
      }
    } else if (after === undefined) {
      return;
    }
    onSaid({ path, name, data, after, standing: stream.standing() });
  }

  function rewind(seen: number) {
    const last = stream.last();
    if (last !== undefined && seen >= last) {
      return;
    }
    const missing = stream.since(seen);
    if (!missing) {
      stream.rewind(seen);
      if (connection?.hasGreeted()) {
        stop();
        start();
      }
    }
    for (const { after, notification } of missing ?? []) {
      const { event: name } = notification;
      onSaid({
        path: REALTIME_NAMESPACE,
        name,
        data: notification,
        after,
        standing: stream.standing(),
      });
    }
  }

  function state(): State {
    const spaces = Object.keys(union()).map((path): [string, SpaceState] => {
      const space = connection?.spaces.get(path);
      const problem = space?.problem();
      const open: RealtimeStatus = space?.isOpen() ? { state: "open" } : phase;
      const status: RealtimeStatus = problem ? { state: "refused", problem } : open;
      return [path, { status, rooms: space?.rooms() ?? {} }];
    });
    return { spaces: Object.fromEntries(spaces), standing: stream.standing() };
  }

  return {
    want(tab, wants, seen) {
      tabs.set(tab, wants);
      if (seen !== null && wants[REALTIME_NAMESPACE]) {
        rewind(seen);
      }
      settle();
    },
    drop(tab) {
      tabs.delete(tab);
      settle();
    },
    hurry() {
      if (phase.state === "waiting" && !connection) {
        stop();
        start();
      }
    },
    state,
    async call(path, name, body) {
      if (!connection) {
        throw new Error("There is no connection.");
      }
      return connection.ask(path, name, body);
    },
    close() {
      isClosed = true;
      stop();
    },
  };
}
