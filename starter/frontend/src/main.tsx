import "./ui/styles/index.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { queryClient } from "./api/query-client";
import { startTranslations } from "./i18n/start";
import { LiveUpdates } from "./live/live-updates";
import { preloadPage } from "./pages";
import { router } from "./routes";
import { followLogin } from "./sign-in/follow-login";
import { meQuery } from "./sign-in/me";
import { preloadWith } from "./ui/preload";

const patienceMs = 1500;

followLogin(router);
preloadWith(preloadPage);

// The first screen is drawn once, with its words and with who is signed in, so nothing moves afterwards.
const whoIsHere = queryClient.prefetchQuery(meQuery);
const notForever = new Promise((resolve) => setTimeout(resolve, patienceMs));
await Promise.all([startTranslations(), Promise.race([whoIsHere, notForever])]);

const root = createRoot(document.getElementById("root") as HTMLElement);
// As a transition, so that the browser can answer the reader between the slices of this work.
startTransition(() =>
  root.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <LiveUpdates />
      </QueryClientProvider>
    </StrictMode>,
  ),
);
