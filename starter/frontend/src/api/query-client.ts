import { QueryClient } from "@tanstack/react-query";

/** What has been read from the server. Retries are the client's work, and loaders read anew: so neither is done here. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, retryOnMount: false, staleTime: 30_000 },
    mutations: { retry: false },
  },
});
