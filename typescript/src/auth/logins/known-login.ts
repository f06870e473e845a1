/** What this tab knows about its login, and how it learns that it has changed. */
import { codeOf } from "../contract/problem.js";
import type { Layer } from "../contract/transport.js";
import type { Channel } from "../outside.js";
import { type AuthEventName, type AuthEvents, createEvents, type Message } from "./events.js";
import type { Login } from "./login.js";
import { type Grant, isFresh, type Token } from "./tokens/token.js";

export interface KnownLogin {
  readonly events: AuthEvents;
  /** Sees the 401s that pass. */
  readonly layer: Layer;
  /** `undefined`: not asked yet. */
  current(): Login | null | undefined;
  /** `undefined`: not asked yet; `null`: there is none, whoever is signed in is so by the session cookie. */
  token(): Token | null | undefined;
  /** Changes with every event, so that an answer to an older question is told apart. */
  epoch(): number;
  /** Takes the server's word, unless something happened since the question was asked at `epoch`. */
  learn(login: Login | null, epoch: number): void;
  signedIn(grant: Grant): void;
  signedOut(): void;
  /** The server ended the login. */
  expired(code: string): void;
  /** Takes the token of a refresh, and gives it to the other tabs. */
  renewed(token: Token): void;
  withoutToken(): void;
  /** Resolves when the login or its token changes next. One waits at a time. */
  news(): Promise<void>;
}

export interface KnownLoginOptions {
  channel: Channel | null;
  usesTokens: boolean;
  /** Takes the CSRF token of the new login, or drops the former. */
  replaceCsrf(token?: string): void;
  now(): number;
}

export function createKnownLogin(options: KnownLoginOptions): KnownLogin {
  const { channel, replaceCsrf, now } = options;
  const unasked = options.usesTokens ? undefined : null;
  let known: Login | null | undefined;
  let token: Token | null | undefined = unasked;
  let epoch = 0;
  let changedAt = -Infinity;
  let told: AuthEventName | undefined;
  let wake = () => {};

  const events = createEvents(channel, (message) => {
    if (message.name === "token?") {
      if (token && isFresh(token, now())) {
        events.post({ name: "token", token });
      }
    } else if (message.name === "token") {
      // Asked for before the last sign-in or sign-out: it belongs to a login that is gone.
      if (message.token.asked > changedAt) {
        take(message.token);
      }
    } else if (message.name !== "session-expired" || isAboutThis(message)) {
      change(message.name, message.login, { ...message, elsewhere: true });
    }
  });
  if (options.usesTokens) {
    events.post({ name: "token?" });
  }

  function isAboutThis({ former }: Extract<Message, { former?: string }>): boolean {
    return known ? !former || former === known.id : known !== null;
  }

  function change(
    name: AuthEventName,
    login: Login | null,
    {
      elsewhere = false,
      csrf = undefined as string | undefined,
      token: given = undefined as Token | undefined,
      code = undefined as string | undefined,
    } = {},
  ) {
    // Two tabs that sign out at once each hear of the other's, and have nothing new to tell.
    const again = name === "signed-out" && told === name && known === null;
    const former = known?.id;
    epoch += 1;
    changedAt = now();
    known = login;
    token = given ?? (login && elsewhere ? unasked : null);
    told = name;
    // Before the listeners: what they send must not carry the former login's token.
    replaceCsrf(csrf);
    wake();
    if (!elsewhere) {
      events.post({ name, login, code, former, token: given });
    }
    if (!again) {
      events.emit({ name, login, elsewhere, ...(code && { code }) });
    }
  }

  function take(taken: Token) {
    if (known !== undefined && known?.id !== taken.login.id) {
      // Signed in by a page that could not tell: one that an outside provider sent back.
      change("signed-in", taken.login, { elsewhere: true, token: taken });
    } else if (token?.value !== taken.value) {
      known &&= taken.login;
      token = taken;
      wake();
    }
  }

  const expired = (code?: string) => change("session-expired", null, { code });

  return {
    events,
    layer: (next) => async (request, deadline) => {
      const before = epoch;
      const response = await next(request, deadline);
      if (response.status === 401) {
        const code = await codeOf(response);
        const ended =
          code === "SESSION_EXPIRED" ? known !== null : code === "UNAUTHENTICATED" && known;
        // A late refusal of a request that was sent before signing in again says nothing about the new login.
        if (ended && before === epoch) {
          expired(code);
        }
      }
      return response;
    },
    current: () => known,
    token: () => token,
    epoch: () => epoch,
    learn(login, before) {
      if (before !== epoch) {
        return;
      }
      if (known && !login) {
        expired();
        return;
      }
      if (!login) {
        token = null;
      } else if ((token ? token.login : known)?.id !== login.id) {
        if (known !== undefined) {
          // Somebody signed in without a word: by a page that an outside provider sent back.
          change("signed-in", login, { elsewhere: true });
          return;
        }
        token = unasked;
      }
      known = login;
    },
    signedIn: ({ login, ...proof }) => change("signed-in", login, proof),
    signedOut: () => change("signed-out", null),
    expired,
    renewed(renewed) {
      take(renewed);
      events.post({ name: "token", token: renewed });
    },
    withoutToken() {
      token = null;
    },
    news: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  };
}
