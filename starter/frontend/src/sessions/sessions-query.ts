import { queryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

/** Everywhere this person is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => unwrap(await dovetail.auth.sessions({ signal })),
  staleTime: 0,
});
