/** Reads that follow another one. */

import type { QueryKey } from "@tanstack/react-query";
import { reading } from "./change-read";
import { queryClient } from "./query-client";

/** Waits for the first read of it, if that is under way. */
export async function firstRead({ queryKey }: { queryKey: QueryKey }): Promise<void> {
  if (queryClient.getQueryData(queryKey) === undefined) {
    await reading(queryKey)?.catch(() => {});
  }
}

/** Reads again what has been read, or is being read for the first time. */
export async function readAgain(query: { queryKey: QueryKey }): Promise<void> {
  await firstRead(query);
  await queryClient.invalidateQueries(query);
}
