import type { UploadedFile } from "flask-dovetail";
import { expect, test } from "vitest";
import { withFile, withoutFile } from "./files-query";

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
