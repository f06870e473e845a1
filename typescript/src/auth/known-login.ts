/** What this tab knows about its login, and how it learns that it has changed. */
import { codeOf } from "../contract/problem.js";
import type { Layer } from "../contract/transport.js";
import type { Channel } from "../outside.js";
import { type AuthEventName, type AuthEvents, createEvents } from "./events.js";
import type { Login } from "./login.js";

export interface KnownLogin {
  readonly events: AuthEvents;
  /** Sees the 401s that pass. */
  readonly layer: Layer;
  /** `undefined`: not asked yet. */
  current(): Login | null | undefined;
  /** Changes with every event, so that an answer to an older question is told apart. */
  epoch(): number;
  /** Takes the server's word, unless something happened since the question was asked at `epoch`. */
  learn(login: Login | null, epoch: number): void;
  signedIn(login: Login, csrfToken: string): void;
  signedOut(): void;
}

/** @param replaceToken takes the CSRF token of the new login, or drops the former. */
export function createKnownLogin(
  channel: Channel | null,
  replaceToken: (token?: string) => void,
): KnownLogin {
  let known: Login | null | undefined;
  let epoch = 0;
  let told: AuthEventName | undefined;

  const events = createEvents(channel, (name, login) => {
    if (name !== "session-expired" || known !== null) {
      change(name, login, { elsewhere: true });
    }
  });

  function change(
    name: AuthEventName,
    login: Login | null,
    { elsewhere = false, csrfToken = undefined as string | undefined } = {},
  ) {
    // Two tabs that sign out at once each hear of the other's, and have nothing new to tell.
    const again = name === "signed-out" && told === name && known === null;
    epoch += 1;
    known = login;
    told = name;
    // Before the listeners: what they send must not carry the former login's token.
    replaceToken(csrfToken);
    if (!elsewhere) {
      events.post(name, login);
    }
    if (!again) {
      events.emit({ name, login, elsewhere });
    }
  }

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
          change("session-expired", null);
        }
      }
      return response;
    },
    current: () => known,
    epoch: () => epoch,
    learn(login, before) {
      if (before !== epoch) {
        return;
      }
      if (known && !login) {
        change("session-expired", null);
      } else {
        known = login;
      }
    },
    signedIn: (login, csrfToken) => change("signed-in", login, { csrfToken }),
    signedOut: () => change("signed-out", null),
  };
}
