/** This tab's knowledge of its login and access token, kept current by answers and by the other tabs. */
import { codeOf } from "../../contract/problem.js";
import type { Layer } from "../../contract/transport.js";
import type { Channel } from "../../core/outside.js";
import { type Grant, isFresh, type Token } from "../tokens/token.js";
import type { Login } from "../types.js";
import { type AuthEventName, type AuthEvents, createEvents, type Message } from "./events.js";

/** The login as far as this tab knows it. Each change is emitted to listeners and posted to the other tabs. */
export interface KnownLogin {
  readonly events: AuthEvents;
  /** Reads the 401s of all answers. */
  readonly layer: Layer;
  /** The login; `null`: nobody is signed in; `undefined`: the server has not been asked yet. */
  current(): Login | null | undefined;
  /** The access token; `null`: there is none, a login is by the session cookie; `undefined`: not asked for yet. */
  token(): Token | null | undefined;
  /** A number that changes with every event. An answer to a request of an earlier epoch may be outdated. */
  epoch(): number;
  /** Takes the server's answer, unless it is outdated: something has happened since `epoch`. */
  learn(login: Login | null, epoch: number): void;
  recordSignIn(grant: Grant): void;
  recordSignOut(): void;
  /** Takes note that the server has ended the login. */
  recordExpiry(code: string): void;
  /** Takes the token of a refresh, and posts it to the other tabs. */
  renewToken(token: Token): void;
  /** Goes on without an access token. */
  dropToken(): void;
  /** Resolves at the next change of the login or its token. Only one caller may wait at a time. */
  nextChange(): Promise<void>;
}

/** The dependencies of the login. */
export interface KnownLoginOptions {
  channel: Channel | null;
  usesTokens: boolean;
  /** Takes the CSRF token of the new login; without one, drops that of the login before. */
  replaceCsrf(token?: string): void;
  now(): number;
}

interface Circumstances {
  elsewhere?: boolean;
  /** The CSRF token of the new login. */
  csrf?: string;
  /** The access token of the new login. */
  token?: Token;
  code?: string;
}

/** Start with no knowledge. In the token strategy the other tabs are asked for their token. */
export function createKnownLogin(options: KnownLoginOptions): KnownLogin {
  const { channel, replaceCsrf, now } = options;
  const unknownToken = options.usesTokens ? undefined : null;
  let known: Login | null | undefined;
  let token: Token | null | undefined = unknownToken;
  let epoch = 0;
  let changedAt = -Infinity;
  let lastEvent: AuthEventName | undefined;
  let notify = () => {};

  const events = createEvents(channel, (message) => {
    if (message.name === "token?") {
      if (token && isFresh(token, now())) {
        events.post({ name: "token", token });
      }
    } else if (message.name === "token") {
      // A token requested before the last sign-in or sign-out belongs to a login that is gone.
      if (message.token.requestedAt > changedAt) {
        takeToken(message.token);
      }
    } else if (message.name !== "session-expired" || concernsThisLogin(message)) {
      change(message.name, message.login, { ...message, elsewhere: true });
    }
  });
  if (options.usesTokens) {
    events.post({ name: "token?" });
  }

  function concernsThisLogin({ former }: Extract<Message, { former?: string }>): boolean {
    return known ? !former || former === known.id : known !== null;
  }

  function change(
    name: AuthEventName,
    login: Login | null,
    { elsewhere = false, csrf, token: newToken, code }: Circumstances = {},
  ) {
    // When two tabs sign out at once, each also hears of the other's sign-out: that is not emitted again.
    const isRepeated = name === "signed-out" && lastEvent === name && known === null;
    const former = known?.id;
    epoch += 1;
    changedAt = now();
    known = login;
    token = newToken ?? (login && elsewhere ? unknownToken : null);
    lastEvent = name;
    // Before the listeners: their requests must not carry the CSRF token of the login before.
    replaceCsrf(csrf);
    notify();
    if (!elsewhere) {
      events.post({ name, login, code, former, token: newToken });
    }
    if (!isRepeated) {
      events.emit({ name, login, elsewhere, ...(code && { code }) });
    }
  }

  function takeToken(newToken: Token) {
    if (known !== undefined && known?.id !== newToken.login.id) {
      // A sign-in that no tab announced: by the page to which an outside provider sent the person back.
      change("signed-in", newToken.login, { elsewhere: true, token: newToken });
    } else if (token?.value !== newToken.value) {
      known &&= newToken.login;
      token = newToken;
      notify();
    }
  }

  const recordExpiry = (code?: string) => change("session-expired", null, { code });

  return {
    events,
    layer: (next) => async (request, deadline) => {
      const before = epoch;
      const response = await next(request, deadline);
      if (response.status === 401) {
        const code = await codeOf(response);
        const hasEnded =
          code === "SESSION_EXPIRED" ? known !== null : code === "UNAUTHENTICATED" && known;
        // A late refusal of a request from before the last sign-in says nothing about the new login.
        if (hasEnded && before === epoch) {
          recordExpiry(code);
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
        recordExpiry();
        return;
      }
      if (!login) {
        token = null;
      } else if ((token ? token.login : known)?.id !== login.id) {
        if (known !== undefined) {
          // A sign-in that no tab announced: by the page to which an outside provider sent the person back.
          change("signed-in", login, { elsewhere: true });
          return;
        }
        token = unknownToken;
      }
      known = login;
    },
    recordSignIn: ({ login, ...proof }) => change("signed-in", login, proof),
    recordSignOut: () => change("signed-out", null),
    recordExpiry,
    renewToken(newToken) {
      takeToken(newToken);
      events.post({ name: "token", token: newToken });
    },
    dropToken() {
      token = null;
    },
    nextChange: () =>
      new Promise((resolve) => {
        notify = resolve;
      }),
  };
}
