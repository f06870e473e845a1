/** Where the page is mounted: Vite's `base`. The router adds it to paths and takes it off; what is not the router's does so here. */

/** The path without a slash at its end; `""` at the root of the host. */
export const base = import.meta.env.BASE_URL.replace(/\/$/, "");

/** The path of a screen, of the path in the address bar. */
export function withoutBase(path: string): string {
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}
