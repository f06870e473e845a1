/** Changes of what has been read, while it may be read anew. */

import type { DataTag, QueryKey } from "@tanstack/react-query";
import { queryClient } from "./query-client";

interface Read<Data> {
  queryKey: DataTag<QueryKey, Data, Error>;
}

/**
 * Changes what has been read, and what a read that is under way brings: it may have been answered before the change.
 *
 * So `change` says how things are ("is in the list"), not by how much they differ: it may be made twice.
 *
 * @returns a function that leaves what is still to come as it comes.
 */
export function changeRead<Data>(
  { queryKey }: Read<Data>,
  change: (data: Data | undefined) => Data | undefined,
): () => void {
  let isWanted = true;
  const apply = () => {
    if (isWanted) {
      queryClient.setQueryData(queryKey, (data: Data | undefined) => change(data));
    }
  };
  apply();
  void reading(queryKey)?.then(apply, () => {});
  return () => {
    isWanted = false;
  };
}

/** The read of it that is under way. */
export function reading(queryKey: QueryKey): Promise<unknown> | undefined {
  const query = queryClient.getQueryCache().find({ queryKey });
  return query && query.state.fetchStatus !== "idle" ? query.fetch() : undefined;
}
