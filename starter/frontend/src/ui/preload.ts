let preloadPage: (address: string) => void = () => {};

/**
 * Set how the code of a page is fetched ahead of time.
 *
 * `main.tsx` does so. A link cannot import the list of pages, since the pages have links themselves.
 */
export function preloadWith(fetchPage: (address: string) => void): void {
  preloadPage = fetchPage;
}

/** Fetch the code of the page at `address` ahead of time, so that it opens at once. */
export function preload(address: string): void {
  preloadPage(address);
}
