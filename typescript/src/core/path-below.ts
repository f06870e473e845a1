/**
 * Return the path of `url` below `baseUrl`, without the query.
 *
 * @param baseUrl the API's origin, with the path that it is mounted below if there is one: no slash at its end.
 * @returns `null` when it is not below it.
 */
export function pathBelow(baseUrl: string, url: string): string | null {
  return url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length).replace(/[?#].*/, "") : null;
}
