/** Who is at the screen. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

const askAgainMs = 5_000;

/** `null`: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ client, queryKey, signal }) => {
    const login = await dovetail.auth.session();
    if (!login) {
      return null;
    }
    try {
      return { login, profile: unwrap(await dovetail.api.GET("/api/profile", { signal })) };
    } catch (error) {
      // On a page that has just opened, a login that turns out to be over is none.
      if (!client.getQueryData(queryKey) && !(await dovetail.auth.session())) {
        return null;
      }
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
  // A page that opened during an outage learns who is here once it is over.
  refetchInterval: ({ state }) => (state.status === "error" ? askAgainMs : false),
});

export type Me = NonNullable<Awaited<ReturnType<NonNullable<typeof meQuery.queryFn>>>>;

/** `undefined` until the server has answered; `null` when nobody is signed in. */
export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data;
}
