/** What happens to the login, told to this tab's listeners and to the other tabs. */
import { isolated } from "../isolated.js";
import type { Channel } from "../outside.js";
import type { Login } from "./login.js";
import { isLogin, isToken, type Token } from "./tokens/token.js";

export type AuthEventName = "signed-in" | "signed-out" | "session-expired";

export interface AuthEvent {
  readonly name: AuthEventName;
  /** Who is signed in now. */
  readonly login: Login | null;
  /** Whether it happened in another tab. */
  readonly elsewhere: boolean;
  /**
   * With "session-expired": the problem's code. REFRESH_REUSED: a refresh cookie was presented again long after it had
   * been replaced, perhaps by a thief.
   */
  readonly code?: string;
}

export type AuthListener = (event: AuthEvent) => void;

/** What tabs tell each other. */
export type Message =
  | {
      name: AuthEventName;
      login: Login | null;
      code?: string;
      token?: Token;
      /** The id of the login that was known before. */
      former?: string;
    }
  | { name: "token"; token: Token }
  | { name: "token?" };

export interface AuthEvents {
  /** @returns a function that ends the subscription. */
  on(name: AuthEventName, listener: AuthListener): () => void;
  /** Tells the listeners of this tab. */
  emit(event: AuthEvent): void;
  /** Tells the other tabs. */
  post(message: Message): void;
  close(): void;
}

/** @param hear is called with what another tab posted. */
export function createEvents(
  channel: Channel | null,
  hear: (message: Message) => void,
): AuthEvents {
  const listeners = new Set<{ name: AuthEventName; listener: AuthListener }>();
  let isOpen = true;
  channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (isMessage(data)) {
      hear(data);
    }
  });
  return {
    on(name, listener) {
      const entry = { name, listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit(event) {
      // A copy: who subscribes while this event is told waits for the next one.
      for (const { listener } of [...listeners].filter(({ name }) => name === event.name)) {
        isolated(() => listener(event));
      }
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

/** Whether it is ours: a tab of another version may tell of more, or in another way. */
function isMessage(value: unknown): value is Message {
  const { name, login, token } = (value ?? {}) as Record<string, unknown>;
  if (name === "token") {
    return isToken(token);
  }
  return name === "signed-in"
    ? isLogin(login) && (!token || isToken(token))
    : name === "signed-out" || name === "session-expired" || name === "token?";
}
