import { QueryClient } from "@tanstack/react-query";

/** What has been read from the server. Retries are the client's work, so there are none here. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, staleTime: 30_000 },
    mutations: { retry: false },
  },
});
