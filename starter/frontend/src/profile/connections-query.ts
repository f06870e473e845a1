import { queryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

/** The outside identities that this person can sign in with. */
export const connectionsQuery = queryOptions({
  queryKey: ["connections"],
  queryFn: async ({ signal }) => unwrap(await dovetail.auth.connections({ signal })),
  staleTime: 0,
});
