import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { RouterProvider } from "react-router/dom";
import { queryClient } from "../api/query-client";
import { startTranslations } from "../i18n/start";
import { followLogin } from "../sign-in/follow-login";
import { meQuery } from "../sign-in/me";

/** Opens the whole application at an address, as main.tsx does. */
export async function open(address: string): Promise<void> {
  window.history.replaceState(null, "", address);
  const { router } = await import("../routes");
  followLogin(router);
  await Promise.all([startTranslations(), queryClient.prefetchQuery(meQuery)]);
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
}
