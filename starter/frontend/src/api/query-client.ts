import { QueryClient } from "@tanstack/react-query";

/** What has been read from the server. Retries are the client's work, and loaders read anew: so neither is done here. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, retryOnMount: false, staleTime: 30_000 },
    // Without a connection, a change fails at once, instead of being made some time later.
    mutations: { retry: false, networkMode: "always" },
  },
});
