/**
 * When the login ends under somebody's hands: they sign in over the screen, and what they were saving is sent again.
 */

import { isProblemError } from "flask-dovetail";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { createStore } from "../ui/store";
import { meQuery } from "./me";

/** The question on the screen; aborting it means "not now". */
const question = createStore<AbortController | null>(null);

/** Whether the sign-in dialog is to be shown. */
export const useSignInAsked = () => question.use() !== null;

export function askToSignIn(): AbortSignal {
  const asked = question.get() ?? new AbortController();
  question.set(asked);
  return asked.signal;
}

/** Somebody signed in, here or in another tab. */
export function stopAsking(): void {
  question.set(null);
}

/** The screen goes on signed out; what waits for a sign-in fails as it would have, and what was private is forgotten. */
export function goOnSignedOut(): void {
  question.get()?.abort();
  question.set(null);
  queryClient.setQueryData(meQuery.queryKey, null);
  queryClient.removeQueries({ type: "inactive" });
}

/**
 * Saves; when the login has ended, waits until the same person has signed in again and saves once more.
 *
 * @throws whatever `save` throws, also when the person declines or somebody else signs in.
 */
export async function withLogin<Saved>(save: () => Promise<Saved>): Promise<Saved> {
  const owner = queryClient.getQueryData(meQuery.queryKey)?.login.subject;
  try {
    return await save();
  } catch (error) {
    if (!hasNoLogin(error) || (await loginSubject()) !== owner) {
      throw error;
    }
    return save();
  }
}

function hasNoLogin(error: unknown): boolean {
  return isProblemError(error, "SESSION_EXPIRED") || isProblemError(error, "UNAUTHENTICATED");
}

/** Whose login it is now, asking for one if there is none; `undefined` when that was declined. */
async function loginSubject(): Promise<string | undefined> {
  // Another tab may have signed in while the refusal was on its way.
  const login = await dovetail.auth.session();
  if (login) {
    return login.subject;
  }
  const declined = askToSignIn();
  const again = dovetail.auth.signedInAgain({ signal: declined });
  return again.then(
    ({ subject }) => subject,
    () => undefined,
  );
}
