/** Who is at the screen. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

const askAgainMs = 5_000;

/** `null`: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => {
    const login = await dovetail.auth.session();
    return login && { login, profile: unwrap(await dovetail.api.GET("/api/profile", { signal })) };
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
