/** Who is at the screen. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

/** `null`: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => {
    const login = await dovetail.auth.session();
    return login && { login, profile: unwrap(await dovetail.api.GET("/api/profile", { signal })) };
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export type Me = NonNullable<Awaited<ReturnType<NonNullable<typeof meQuery.queryFn>>>>;

/** `undefined` until the server has answered; `null` when nobody is signed in. */
export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data;
}
