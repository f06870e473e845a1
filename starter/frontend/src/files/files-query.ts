/** What is stored, and what is not finished; and how the list changes before the server is asked again. */

import { type InfiniteData, infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type UploadedFile, unwrap } from "flask-dovetail";
import { changeRead } from "../api/change-read";
import { dovetail } from "../api/client";
import { changeItems } from "../api/pages";

/** Of the server's purposes, the one of this screen. */
export const purpose = "file";

const limit = 20;

/** The addresses of the content live for an hour at least. */
const freshMs = 30 * 60_000;

/** One's files, newest first, page by page. */
export const filesQuery = infiniteQueryOptions({
  queryKey: ["files"],
  queryFn: async ({ pageParam, signal }) =>
    unwrap(
      await dovetail.own.GET("/files", {
        params: { query: { purpose, limit, ...(pageParam !== null && { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
  refetchInterval: freshMs,
});

/** Uploads that were begun, here or elsewhere, and have not come to an end. */
export const unfinishedQuery = queryOptions({
  queryKey: ["unfinished-uploads"],
  queryFn: async ({ signal }) => {
    const { items } = unwrap(await dovetail.own.GET("/files/upload", { signal }));
    return items.filter((upload) => upload.purpose === purpose);
  },
  staleTime: 0,
});

/** How much of an unfinished upload is there: a share of 1. */
export const arrivedQuery = (key: string) =>
  queryOptions({
    queryKey: [...unfinishedQuery.queryKey, key],
    queryFn: async ({ signal }) => {
      const { arrived, part_count: parts } = unwrap(
        await dovetail.own.GET("/files/upload/{key}", { params: { path: { key } }, signal }),
      );
      return arrived.length / parts;
    },
  });

type FilePages = InfiniteData<{ items: UploadedFile[]; next_cursor: string | null }>;

/** Shows a file that is new, or is back. */
export function putInList(file: UploadedFile): void {
  changeList((pages) => withFile(withoutFile(pages, file.id), file));
}

/** Shows a file no more. */
export function takeFromList(id: string): void {
  changeList((pages) => withoutFile(pages, id));
}

function changeList(change: (pages: FilePages) => FilePages): void {
  changeRead(filesQuery, (pages) => pages && change(pages));
}

/** The pages with the file in its place: before the first that is older. */
export function withFile(data: FilePages, file: UploadedFile): FilePages {
  let isPlaced = false;
  const pages = data.pages.map((page, index) => {
    const older = page.items.findIndex(({ created_at }) => created_at <= file.created_at);
    const isLast = index === data.pages.length - 1;
    if (isPlaced || (older < 0 && !isLast)) {
      return page;
    }
    isPlaced = true;
    return { ...page, items: page.items.toSpliced(older < 0 ? page.items.length : older, 0, file) };
  });
  return { ...data, pages };
}

export function withoutFile(data: FilePages, id: string): FilePages {
  return changeItems(data, (items) => items.filter((file) => file.id !== id));
}
