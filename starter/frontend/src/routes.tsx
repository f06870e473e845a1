/** The table of contents of the screens. Loaders start the reading while the page's code is on its way. */

import {
  createBrowserRouter,
  type LoaderFunctionArgs,
  type RouteObject,
  replace,
} from "react-router";
import { queryClient } from "./api/query-client";
import { commentsQuery } from "./comments/comments-query";
import { FeedPage } from "./feed/feed-page";
import { feedQuery } from "./feed/feed-query";
import { notificationsQuery } from "./notifications/notifications-query";
import { pages } from "./pages";
import { postQuery } from "./posts/post-query";
import { sessionsQuery } from "./sessions/sessions-query";
import { base, withoutBase } from "./shell/base";
import { ErrorPage } from "./shell/error-page";
import { NotFoundPage } from "./shell/not-found-page";
import { Shell } from "./shell/shell";
import { signedInHandle } from "./sign-in/follow-login";
import { meQuery } from "./sign-in/me";
import { providersQuery } from "./sign-in/providers-query";
import { returnPathOf, signInPath } from "./sign-in/return-path";

const page = (path: keyof typeof pages) => ({
  path,
  lazy: { Component: async () => (await pages[path]()).default },
});

const routes: RouteObject[] = [
  {
    Component: Shell,
    HydrateFallback: () => null,
    ErrorBoundary: ErrorPage,
    children: [
      {
        ErrorBoundary: ErrorPage,
        children: [
          { path: "/", loader: readFeed, Component: FeedPage },
          { ...page("/posts/:postId"), loader: readPostAndComments },
          {
            handle: signedInHandle,
            middleware: [signedInOnly],
            children: [
              page("/my-files"),
              { ...page("/notifications"), loader: readNotifications },
              page("/posts/new"),
              { ...page("/posts/:postId/edit"), loader: readPost },
              page("/profile"),
              { ...page("/sessions"), loader: readSessions },
              page("/signed-in"),
            ],
          },
          { ...page("/sign-in"), loader: signedOutOnly },
          { ...page("/sign-up"), loader: signedOutOnly },
          { path: "*", Component: NotFoundPage },
        ],
      },
    ],
  },
];

export const router = createBrowserRouter(routes, { basename: base || "/" });

// Loaders do not wait: a page shows its skeleton, and its own message when the reading fails.

function readFeed() {
  void queryClient.prefetchInfiniteQuery(feedQuery);
  return null;
}

function readPost({ params }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(postQuery(Number(params.postId)));
  return null;
}

function readPostAndComments(found: LoaderFunctionArgs) {
  void queryClient.prefetchInfiniteQuery(commentsQuery(Number(found.params.postId)));
  return readPost(found);
}

function readNotifications() {
  void queryClient.prefetchInfiniteQuery(notificationsQuery);
  return null;
}

function readSessions() {
  void queryClient.prefetchQuery(sessionsQuery);
  return null;
}

async function signedInOnly({ request }: { request: Request }) {
  if (!(await queryClient.fetchQuery(meQuery))) {
    const { pathname, search } = new URL(request.url);
    throw replace(signInPath(withoutBase(pathname) + search));
  }
}

async function signedOutOnly({ request }: LoaderFunctionArgs) {
  // Together, so that nothing moves when the providers are known; without them there is still the password.
  const [me] = await Promise.all([
    queryClient.fetchQuery(meQuery),
    queryClient.prefetchQuery(providersQuery),
  ]);
  return me ? replace(returnPathOf(request.url)) : null;
}
