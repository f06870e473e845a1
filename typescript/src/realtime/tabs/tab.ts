/** This tab: follows the login, and tells the page's listeners what comes. Loaded when something is first asked for. */
import { NetworkError } from "../contract/network-error.js";
import { isProblem, toProblem } from "../contract/problem.js";
import { TimeoutError } from "../contract/timeout-error.js";
import type { Outside } from "../outside.js";
import { backoff } from "./backoff.js";
import type { Credentials } from "./connection.js";
import { createInbox } from "./inbox.js";
import { createLink } from "./link.js";
import { hearPage } from "./page.js";
import { createRelay, type Relay } from "./relay.js";
import { createRooms } from "./rooms.js";
import { type Answer, merge, type State, type Wants } from "./shared.js";
import { soon } from "./soon.js";
import type { RealtimeStatus } from "./status.js";
import { createTeller } from "./teller.js";
import { REALTIME_ACK_TIMEOUT_MS, REALTIME_NAMESPACE, REALTIME_PATH } from "./wire.js";
import { OWN, type Wishes } from "./wishes.js";

interface Person {
  id: string;
  subject: string;
}

/** The authority, as far as sockets need it. */
export interface RealtimeContext {
  baseUrl: string;
  outside: Outside;
  login: {
    /** Who is signed in; `undefined`: not asked yet. */
    current(): Person | null | undefined;
    /** The present access token, and from when on it is to be renewed. */
    token: Credentials["token"];
    events: {
      on(name: "signed-in" | "signed-out" | "session-expired", listener: () => void): () => void;
    };
  };
  /** Learns who is signed in. */
  session: { session(options?: { fresh?: boolean }): Promise<unknown> };
  bearer: Pick<Credentials, "accessToken">;
}

export interface Hub {
  /** Carries out what the page wants now. */
  settle(): void;
  /**
   * @throws NetworkError when there is no connection, or it was lost before the acknowledgement.
   * @throws TimeoutError when that took too long.
   */
  emit(path: string, name: string, body: unknown): Promise<Answer>;
  close(): void;
}

const NOTHING: State = { spaces: {}, standing: null };
const IDLE: RealtimeStatus = { state: "idle" };
const CONNECTING: RealtimeStatus = { state: "connecting" };

export function createHub(context: RealtimeContext, wishes: Wishes): Hub {
  const { baseUrl, outside, bearer, login } = context;
  const { session } = context.session;
  const { current, token, events } = login;
  const closing = new AbortController();
  const { signal } = closing;
  /** Namespaces that something was emitted to: they stay open. */
  const emitted = new Set<string>();
  const statuses = new Map<string, RealtimeStatus>();
  const teller = createTeller(wishes);
  const inbox = createInbox(teller, () => relay?.want(wants));
  const tellRooms = createRooms(wishes.rooms);
  let relay: Relay | null = null;
  let entered: Person | null = null;
  /** Whose notifications these are. */
  let subject: string | undefined;
  let wants: Wants = {};
  let state: State = NOTHING;
  let isAsking = false;
  let isStopped = false;

  const settleSoon = soon(settle);

  function settle() {
    const before = JSON.stringify(wants);
    wants = wanted(wishes, emitted);
    const isIdle = isStopped || signal.aborted || Object.keys(wants).length === 0;
    const person = isIdle ? null : current();
    if (!wants[REALTIME_NAMESPACE]) {
      inbox.forget();
    }
    if (person === undefined) {
      void learn();
    } else if (person?.id !== entered?.id) {
      enter(person);
    } else if (JSON.stringify(wants) !== before) {
      relay?.want(wants);
    }
    tellState();
    inbox.inform();
  }

  async function learn(): Promise<void> {
    if (isAsking) {
      return;
    }
    isAsking = true;
    for (let failures = 1; current() === undefined && !signal.aborted; failures++) {
      await session()
        .catch(() => outside.sleep(backoff(failures, outside.random()), signal))
        .catch(() => {});
    }
    isAsking = false;
    settle();
  }

  function enter(person: Person | null) {
    relay?.close();
    relay = null;
    entered = person;
    state = NOTHING;
    if (person) {
      if (person.subject !== subject) {
        inbox.forget();
        subject = person.subject;
      }
      relay = openRelay(person.id);
      relay.want(wants);
    }
  }

  function openRelay(id: string): Relay {
    return createRelay({
      name: `dovetail:realtime:${baseUrl}:${id}`,
      outside,
      seen: inbox.seen,
      openLink: (told) =>
        createLink({
          baseUrl,
          outside,
          login: id,
          token,
          accessToken: bearer.accessToken,
          session,
          ...told,
        }),
      onState(now) {
        state = now;
        if (wants[REALTIME_NAMESPACE]) {
          inbox.inform(now.standing);
        }
        tellState();
      },
      onSaid(said) {
        if (said.path !== REALTIME_NAMESPACE) {
          teller.tell(said.path, said.name, said.data);
        } else if (wants[REALTIME_NAMESPACE]) {
          inbox.hear(said);
        }
      },
    });
  }

  function tellState() {
    for (const path of new Set([...statuses.keys(), ...Object.keys(wants)])) {
      const connected = state.spaces[path]?.status ?? CONNECTING;
      const status = relay && wants[path] ? connected : IDLE;
      if (JSON.stringify(status) !== JSON.stringify(wishes.status(path))) {
        statuses.set(path, status);
        teller.tell(path, OWN.status, status);
      }
    }
    tellRooms(state);
  }

  async function call(path: string, name: string, body: unknown): Promise<Answer> {
    try {
      await session();
    } catch (error) {
      const { problem } = error as { problem?: unknown };
      if (isProblem(problem)) {
        return { problem };
      }
      throw error;
    }
    if (!current()) {
      return { problem: toProblem(undefined, new Response(null, { status: 401 }), 0) };
    }
    settle();
    try {
      if (!relay) {
        throw new Error("The client is closed.");
      }
      return await relay.call(path, name, body);
    } catch (cause) {
      throw new NetworkError(new Request(`${baseUrl}${REALTIME_PATH}${path}`), cause);
    }
  }

  async function limited(task: Promise<Answer>): Promise<Answer> {
    const done = new AbortController();
    const limit = outside.sleep(REALTIME_ACK_TIMEOUT_MS, done.signal).then(() => {
      throw new TimeoutError(REALTIME_ACK_TIMEOUT_MS);
    });
    try {
      return await Promise.race([task, limit]);
    } finally {
      limit.catch(() => {});
      done.abort();
    }
  }

  function turn(to: boolean) {
    isStopped = to;
    settle();
  }

  wishes.status = (path) => statuses.get(path) ?? IDLE;
  hearPage(
    {
      stops: () => turn(true),
      goesOn: () => turn(false),
      hurries: () => relay?.want(wants, true),
    },
    signal,
  );
  const endings = [
    events.on("signed-in", settle),
    events.on("session-expired", settle),
    events.on("signed-out", () => {
      inbox.forget();
      emitted.clear();
      settle();
    }),
  ];
  settleSoon();

  return {
    settle: settleSoon,
    emit(path, name, body) {
      emitted.add(path);
      return limited(call(path, name, body));
    },
    close() {
      closing.abort();
      for (const end of endings) {
        end();
      }
      settle();
    },
  };
}

function wanted({ subscriptions, rooms }: Wishes, emitted: Iterable<string>): Wants {
  const heard = [...subscriptions].filter(({ name }) => name !== OWN.status);
  return merge([
    ...[...emitted, ...heard.map(({ path }) => path)].map((path) => ({ [path]: [] })),
    ...[...rooms].map(({ path, room }) => ({ [path]: [room] })),
  ]);
}
