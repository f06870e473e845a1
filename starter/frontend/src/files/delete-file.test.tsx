import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { queryClient } from "../api/query-client";
import { type Backend, problem, startBackend } from "../testing/backend";
import { open } from "../testing/open";
import { toasts } from "../ui/toast";

const stored = (id: string, second: number) => ({
  id,
  name: `${id}.txt`,
  content_type: "text/plain",
  size: 5,
  purpose: "file",
  sha256: null,
  created_at: `2026-01-01T00:00:0${second}Z`,
  content_url: `http://localhost/files/${id}/content?signature=x`,
  content_url_expires_at: "2026-01-01T01:00:00Z",
});

let backend: Backend;

beforeEach(async () => {
  queryClient.clear();
  toasts.set([]);
  backend = startBackend();
  backend.answers["GET /files/upload"] = Response.json({ items: [] });
  backend.answers["GET /files"] = Response.json({
    items: [stored("c", 3), stored("b", 2), stored("a", 1)],
    next_cursor: null,
  });
  await open("/my-files");
  await screen.findByText("c.txt");
});

test("a deleted file goes at once, and its neighbour takes the focus", async () => {
  backend.answers["DELETE /files/b"] = new Response(null, { status: 204 });
  press("Delete b.txt");
  await waitFor(() => expect(names()).toEqual(["c.txt", "a.txt"]));
  await waitFor(() => expect(document.activeElement?.textContent).toContain("a.txt"));
  await screen.findByText("b.txt is deleted.");
});

test("Undo brings a file back to its place, and the focus with it; so does Ctrl+Z", async () => {
  for (const undo of [
    () => press("Undo"),
    () => fireEvent.keyDown(document.body, { key: "z", ctrlKey: true }),
  ]) {
    backend.answers["DELETE /files/b"] = new Response(null, { status: 204 });
    backend.answers["POST /files/b/restore"] = Response.json(stored("b", 2));
    press("Delete b.txt");
    await screen.findByText("b.txt is deleted.");
    undo();
    await waitFor(() => expect(names()).toEqual(["c.txt", "b.txt", "a.txt"]));
    await waitFor(() => expect(document.activeElement?.textContent).toContain("b.txt"));
    expect(screen.queryByText("b.txt is deleted.")).toBeNull();
  }
});

test("a file that could not be deleted is back, and the reason is told", async () => {
  backend.answers["DELETE /files/b"] = problem(403, "FORBIDDEN");
  backend.answers["GET /files"] = Response.json({
    items: [stored("c", 3), stored("b", 2), stored("a", 1)],
    next_cursor: null,
  });
  press("Delete b.txt");
  await screen.findByText("You may not do this.");
  expect(names()).toEqual(["c.txt", "b.txt", "a.txt"]);
});

test("when its bytes are gone for good, Undo says so", async () => {
  backend.answers["DELETE /files/b"] = new Response(null, { status: 204 });
  backend.answers["POST /files/b/restore"] = problem(404, "NOT_FOUND");
  press("Delete b.txt");
  await screen.findByText("b.txt is deleted.");
  press("Undo");
  await screen.findByText("This is no longer here.");
  expect(names()).toEqual(["c.txt", "a.txt"]);
});

function press(name: string): void {
  fireEvent.click(screen.getByRole("button", { name }));
}

function names(): (string | null)[] {
  return [...document.querySelectorAll(".file-name")].map(({ textContent }) => textContent);
}
