/** The pages whose code is a chunk of its own. The feed is not one of them: most visits begin there. */

import { matchPath } from "react-router";
import { loadWords } from "./i18n/start";

export const pages = {
  "/my-files": () => withWords("files", import("./files/files-page")),
  "/notifications": () => withWords("notifications", import("./notifications/notifications-page")),
  "/posts/new": () => import("./posts/new-post-page"),
  "/posts/:postId": () => withWords("comments", import("./posts/post-page")),
  "/posts/:postId/edit": () => import("./posts/edit-post-page"),
  "/profile": () => withWords("files", import("./profile/profile-page")),
  "/sessions": () => import("./sessions/sessions-page"),
  "/sign-in": () => import("./sign-in/sign-in-page"),
  "/signed-in": () => import("./sign-in/signed-in-page"),
  "/sign-up": () => import("./sign-up/sign-up-page"),
};

/** Fetches the code of the page at `address` ahead of time. A failure shows when the page is really opened. */
export function preloadPage(address: string): void {
  const pathname = address.split(/[?#]/, 1)[0] ?? "/";
  for (const [pattern, load] of Object.entries(pages)) {
    if (matchPath(pattern, pathname)) {
      load().catch(() => {});
      return;
    }
  }
}

async function withWords<Module>(
  part: Parameters<typeof loadWords>[0],
  module: Promise<Module>,
): Promise<Module> {
  await loadWords(part);
  return module;
}
