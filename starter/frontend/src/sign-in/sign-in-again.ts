/**
 * When the login ends under somebody's hands: they sign in over the screen, and what they were saving is sent again.
 */

import { isProblemError } from "flask-dovetail";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { createStore } from "../ui/store";
import { meQuery } from "./me";

/** Why: the login has ended, was ended because a copy of it may be about, or is too old for what is being done. */
export type Reason = "expired" | "reused" | "confirm";

interface Question {
  reason: Reason;
  /** Aborted by "not now". */
  declined: AbortController;
}

/** The question on the screen. */
const question = createStore<Question | null>(null);

/** Why the sign-in dialog is to be shown; `null`: it is not. */
export const useSignInAsked = () => question.use()?.reason ?? null;

export function askToSignIn(reason: Reason): AbortSignal {
  const asked = question.get();
  const declined = asked?.declined ?? new AbortController();
  if (!asked || asked.reason === "confirm") {
    question.set({ reason, declined });
  }
  return declined.signal;
}

/** Somebody signed in, here or in another tab. */
export function stopAsking(): void {
  question.set(null);
}

/** "Not now". */
export function decline(): void {
  if (question.get()?.reason === "confirm") {
    question.get()?.declined.abort();
    question.set(null);
  } else {
    goOnSignedOut();
  }
}

/** The screen goes on signed out; what waits for a sign-in fails as it would have, and what was private is forgotten. */
export function goOnSignedOut(): void {
  question.get()?.declined.abort();
  question.set(null);
  queryClient.setQueryData(meQuery.queryKey, null);
  queryClient.removeQueries({ type: "inactive" });
}

/**
 * Saves; when the login has ended, or is too old for it, waits until the same person has signed in again and saves
 * once more.
 *
 * @throws whatever `save` throws, also when the person declines or somebody else signs in.
 */
export async function withLogin<Saved>(save: () => Promise<Saved>): Promise<Saved> {
  const owner = queryClient.getQueryData(meQuery.queryKey)?.login.subject;
  try {
    return await save();
  } catch (error) {
    const isTooOld = isProblemError(error, "REAUTHENTICATION_REQUIRED");
    if (!(isTooOld || hasNoLogin(error))) {
      throw error;
    }
    const subject = await (isTooOld ? subjectAfresh() : subjectNow());
    if (subject !== owner) {
      throw error;
    }
    return save();
  }
}

const ended = ["SESSION_EXPIRED", "REFRESH_REUSED", "UNAUTHENTICATED", "INVALID_DPOP_PROOF"];

function hasNoLogin(error: unknown): boolean {
  return isProblemError(error) && ended.includes(error.problem.code);
}

/** Whose login it is now, asking for one if there is none; `undefined` when that was declined. */
async function subjectNow(): Promise<string | undefined> {
  // Another tab may have signed in while the refusal was on its way.
  const login = await dovetail.auth.session();
  return login ? login.subject : subjectOf({ signal: askToSignIn("expired") });
}

/** Whose login it is after a sign-in that is yet to come. */
function subjectAfresh(): Promise<string | undefined> {
  return subjectOf({ signal: askToSignIn("confirm"), afresh: true });
}

function subjectOf(
  options: Parameters<typeof dovetail.auth.signedInAgain>[0],
): Promise<string | undefined> {
  return dovetail.auth.signedInAgain(options).then(
    ({ subject }) => subject,
    () => undefined,
  );
}
