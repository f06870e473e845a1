/** A browser whose tabs have sockets, with a backend and its socket server. Tabs share a jar, a channel and Web Locks. */
import { Manager } from "socket.io-client";
import { onTestFinished, vi } from "vitest";
import type { Outside } from "../../src/core/outside.js";
import type { Dovetail, RealtimeStatus } from "../../src/index.js";
import type { sockets } from "../codegen/expected/sockets.js";
import { type Backend, demo, serveBackend } from "./backend.js";
import type { paths } from "./paths.js";
import { type Sockets, serveSockets } from "./sockets.js";
import { type Jar, openTab, type TabOptions } from "./tab.js";

export interface LiveTab extends Dovetail<paths, sockets> {
  /** The numbers of the notifications that its listeners got, oldest first. */
  seqs: number[];
  /** The arguments of onUnread(), `[count, seq]`. */
  unread: [number, number][];
  /** Returns how often onStale() was called. */
  stale(): number;
  /** The states of onStatus(). */
  states: RealtimeStatus["state"][];
  /** Ends the tab as a crash does: without any further message. */
  crash(): void;
}

export interface LiveBrowser {
  backend: Backend;
  sockets: Sockets;
  jar: Jar;
  /** Opens a tab that listens to notifications, unless it is `silent`. */
  open(options?: TabOptions & { silent?: boolean }): LiveTab;
}

export const subject = demo.email;

export const strategies = ["session", "token"] as const;

export async function openLive(
  strategy: (typeof strategies)[number] = "session",
): Promise<LiveBrowser> {
  const backend = await serveBackend({ strategy });
  const sockets = await serveSockets(backend);
  const jar: Jar = new Map();
  return {
    backend,
    sockets,
    jar,
    open({ silent = false, ...options } = {}) {
      const parts = crashableParts(sockets.origin, jar);
      const tab = openTab(backend.origin, {
        jar,
        config: { apiOrigin: backend.origin, authStrategy: strategy },
        ...options,
        outside: { ...parts.outside, ...options.outside },
      }) as unknown as Dovetail<paths, sockets>;
      const { realtime } = tab;
      const live: LiveTab = Object.assign(tab, {
        seqs: [],
        unread: [],
        states: [],
        stale: () => stale,
        crash: parts.crash,
      });
      let stale = 0;
      if (!silent) {
        realtime.onNotification(({ seq }) => live.seqs.push(seq));
        realtime.onUnread((count, seq) => live.unread.push([count, seq]));
        realtime.onStale(() => {
          stale += 1;
        });
      }
      realtime.onStatus(({ state }) => live.states.push(state));
      return live;
    },
  };
}

/** Opens a browser with a login and so many tabs, all of them open and up to date. */
export async function openTabs(
  count: number,
  strategy?: (typeof strategies)[number],
  options: TabOptions = {},
): Promise<LiveBrowser & { tabs: LiveTab[]; tab: LiveTab }> {
  const browser = await openLive(strategy);
  const first = browser.open({ ...options, silent: count === 0 });
  await first.auth.signIn(demo);
  if (count === 0) {
    first.close();
  }
  const tabs: LiveTab[] = [];
  while (tabs.length < count) {
    const tab = tabs.length === 0 ? first : browser.open(options);
    tabs.push(tab);
    await isOpen(tab);
  }
  return { ...browser, tabs, tab: first };
}

export const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 2 });

/** Waits until a tab is connected and has the unread count. */
export const isOpen = (tab: LiveTab) =>
  vi.waitUntil(() => tab.realtime.status.state === "open" && tab.unread.length > 0, {
    timeout: 5000,
    interval: 2,
  });

/** Locks, channels and sockets that end with their tab, as they do in a browser. */
function crashableParts(
  socketOrigin: string,
  jar: Jar,
): { outside: Partial<Outside>; crash(): void } {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => {});
  const never = new Promise<never>(() => {});
  const channels = new Set<BroadcastChannel>();
  const managers = new Set<Manager>();
  let isDead = false;

  async function request(name: string, options: LockOptions, task: (lock: Lock | null) => unknown) {
    try {
      return await (isDead
        ? never
        : navigator.locks.request(name, options, (lock) =>
            isDead ? undefined : Promise.race([task(lock), death.promise]),
          ));
    } catch (error) {
      return isDead ? never : Promise.reject(error);
    }
  }

  function crash() {
    isDead = true;
    death.reject(new Error("the tab is gone"));
    for (const channel of channels) {
      channel.close();
    }
    for (const manager of managers) {
      const { engine } = manager;
      // A crashed tab does not notice that its connection closes.
      manager.off();
      engine?.off();
      engine?.close();
    }
  }

  onTestFinished(crash);
  return {
    crash,
    outside: {
      locks: { request } as unknown as LockManager,
      openChannel(name) {
        const channel = new BroadcastChannel(name);
        channels.add(channel);
        return {
          addEventListener: (...listening) => channel.addEventListener(...listening),
          postMessage: (message) => {
            if (!isDead) {
              channel.postMessage(message);
            }
          },
          close: () => channel.close(),
        };
      },
      async openSocket(_url, options) {
        if (isDead) {
          return never;
        }
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
        const manager = new Manager(socketOrigin, {
          ...options,
          ...(cookie && { extraHeaders: { cookie } }),
        });
        managers.add(manager);
        return manager;
      },
      // Short waits between two tries.
      random: () => 0.01,
    },
  };
}
