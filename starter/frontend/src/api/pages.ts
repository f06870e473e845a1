/** Lists that are read page by page. */

import type { InfiniteData } from "@tanstack/react-query";

/** The list, with what `change` makes of the items of each page. */
export function changeItems<Page extends { items: unknown[] }, Param>(
  list: InfiniteData<Page, Param>,
  change: (items: Page["items"], page: number) => Page["items"],
): InfiniteData<Page, Param> {
  const pages = list.pages.map((page, at) => ({ ...page, items: change(page.items, at) }));
  return { ...list, pages };
}
