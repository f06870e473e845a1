import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { RouterProvider } from "react-router/dom";
import { vi } from "vitest";
import { queryClient } from "../api/query-client";
import { startTranslations } from "../i18n/start";
import { LiveUpdates } from "../live/live-updates";
import { followLogin } from "../sign-in/follow-login";
import { meQuery } from "../sign-in/me";
import { preloadWith } from "../ui/preload";

/** Opens the whole application at an address, as main.tsx does. */
export async function open(address: string): Promise<void> {
  window.history.replaceState(null, "", address);
  const { router } = await import("../routes");
  const { preloadPage } = await import("../pages");
  if (router.state.location.pathname !== window.location.pathname) {
    void router.navigate(address, { replace: true }); // it is there since an earlier test
  }
  followLogin(router);
  preloadWith(preloadPage);
  await Promise.all([startTranslations(), queryClient.prefetchQuery(meQuery)]);
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <LiveUpdates />
    </QueryClientProvider>,
  );
  await vi.dynamicImportSettled(); // from now on, what comes live is heard
}
