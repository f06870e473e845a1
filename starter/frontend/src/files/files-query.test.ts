import type { UploadedFile } from "flask-dovetail";
import { expect, test } from "vitest";
import { queryClient } from "../api/query-client";
import { later, page, startBackend } from "../testing/backend";
import { filesQuery, putInList, takeFromList, withFile, withoutFile } from "./files-query";

const file = (id: string, at: number) =>
  ({ id, created_at: `2026-01-01T00:00:0${at}Z` }) as UploadedFile;
const pages = {
  pages: [
    { items: [file("e", 9), file("d", 7)], next_cursor: "x" },
    { items: [file("c", 5), file("b", 3)], next_cursor: null },
  ],
  pageParams: [null, "x"],
};
const ids = (data: Pick<typeof pages, "pages">) =>
  data.pages.map(({ items }) => items.map(({ id }) => id).join(""));

test.each([
  ["newest of all", 9, ["fed", "cb"]],
  ["between two of one page", 8, ["efd", "cb"]],
  ["between two pages", 6, ["ed", "fcb"]],
  ["oldest of all that are known", 1, ["ed", "cbf"]],
])("a file comes back to where it was: %s", (_, at, expected) => {
  expect(ids(withFile(pages, file("f", at)))).toEqual(expected);
});

test("a deleted file leaves every page as it was but for itself", () => {
  expect(ids(withoutFile(pages, "c"))).toEqual(["ed", "b"]);
});

const listed = () => ids(queryClient.getQueryData(filesQuery.queryKey) as typeof pages);

test("what is uploaded or deleted while the list is first read is in it, or is not", async () => {
  queryClient.clear();
  const { promise, resolve } = later();
  startBackend().answers["GET /files"] = () => promise;
  const reading = queryClient.fetchInfiniteQuery(filesQuery);
  putInList(file("f", 8));
  takeFromList("d");
  resolve(page([file("e", 7), file("d", 5)]));
  await reading;
  await expect.poll(listed).toEqual(["fe"]);
});

test("the next page, on its way, comes, and the first keeps what was changed", async () => {
  queryClient.clear();
  const backend = startBackend();
  backend.answers["GET /files"] = page([file("e", 8), file("d", 7)], "x");
  await queryClient.fetchInfiniteQuery(filesQuery);
  const { promise, resolve } = later();
  backend.answers["GET /files"] = (request) =>
    new URL(request.url).searchParams.has("cursor") ? promise : page([]);
  const query = queryClient.getQueryCache().find({ queryKey: filesQuery.queryKey });
  const reading = query?.fetch(undefined, { meta: { fetchMore: { direction: "forward" } } });
  takeFromList("d");
  putInList(file("f", 9));
  resolve(page([file("c", 5)]));
  await reading;
  await expect.poll(listed).toEqual(["fe", "c"]);
});
