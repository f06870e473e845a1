/** Where to go after signing in. It travels in the address, so anybody may have written it. */

const home = "/";

/** The sign-in page, which leads back to `path`. */
export function signInPath(path: string): string {
  return path === home ? "/sign-in" : `/sign-in?${new URLSearchParams({ next: path })}`;
}

/** The path that `address` (of the sign-in or sign-up page) leads back to: a page of this site, or the home page. */
export function returnPathOf(address: string): string {
  const site = new URL(address).origin;
  const asked = new URL(address).searchParams.get("next");
  if (!asked?.startsWith("/") || !URL.canParse(asked, site)) {
    return home;
  }
  const { origin, pathname, search, hash } = new URL(asked, site);
  // "/.//evil.example" belongs to this site, but its resolved path would not.
  const leavesSite = origin !== site || pathname.startsWith("//");
  const leadsInCircles = pathname === "/sign-in" || pathname === "/sign-up";
  return leavesSite || leadsInCircles ? home : pathname + search + hash;
}
