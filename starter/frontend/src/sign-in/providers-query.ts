import { queryOptions } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { dovetail } from "../api/client";

/** The outside providers that people can sign in with: none, unless the backend names some. */
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: async ({ signal }) => unwrap(await dovetail.auth.providers({ signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
