/** Events of the login: emitted to this tab's listeners and posted to the other tabs. */
import { callEach } from "../../core/isolated.js";
import type { Channel } from "../../core/outside.js";
import { isLogin, isToken, type Token } from "../tokens/token.js";
import type { Login } from "../types.js";

/** The events of a login. */
export type AuthEventName = "signed-in" | "signed-out" | "session-expired";

/** One event of the login. */
export interface AuthEvent {
  readonly name: AuthEventName;
  /** The login from now on; `null`: nobody is signed in. */
  readonly login: Login | null;
  /** Whether it happened in another tab. */
  readonly elsewhere: boolean;
  /**
   * With "session-expired": the problem's code. REFRESH_REUSED: a refresh cookie was presented again long after it had
   * been replaced, perhaps by a thief.
   */
  readonly code?: string;
}

/** Called with each event that it subscribed to. */
export type AuthListener = (event: AuthEvent) => void;

/** A message between the tabs of one browser. */
export type Message =
  | {
      name: AuthEventName;
      login: Login | null;
      code?: string;
      token?: Token;
      /** The id of the login before. */
      former?: string;
    }
  | { name: "token"; token: Token }
  | { name: "token?" };

/** The listeners of this tab, and the channel to the other tabs. */
export interface AuthEvents {
  /** @returns a function that ends the subscription. */
  on(name: AuthEventName, listener: AuthListener): () => void;
  /** Calls the listeners of this tab. */
  emit(event: AuthEvent): void;
  /** Sends a message to the other tabs. */
  post(message: Message): void;
  close(): void;
}

/**
 * Join the channel between the tabs.
 *
 * @param onMessage is called with each message of another tab.
 */
export function createEvents(
  channel: Channel | null,
  onMessage: (message: Message) => void,
): AuthEvents {
  const subscriptions = new Set<{ name: AuthEventName; listener: AuthListener }>();
  let isOpen = true;
  channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (isMessage(data)) {
      onMessage(data);
    }
  });
  return {
    on(name, listener) {
      const subscription = { name, listener };
      subscriptions.add(subscription);
      return () => void subscriptions.delete(subscription);
    },
    emit(event) {
      const matching = [...subscriptions].filter(({ name }) => name === event.name);
      callEach(
        matching.map(({ listener }) => listener),
        event,
      );
    },
    post(message) {
      if (isOpen) {
        channel?.postMessage(message);
      }
    },
    close() {
      isOpen = false;
      channel?.close();
    },
  };
}

/** Whether this version understands it: a tab of another version may send other messages. */
function isMessage(value: unknown): value is Message {
  const { name, login, token } = (value ?? {}) as Record<string, unknown>;
  if (name === "token") {
    return isToken(token);
  }
  return name === "signed-in"
    ? isLogin(login) && (!token || isToken(token))
    : name === "signed-out" || name === "session-expired" || name === "token?";
}
