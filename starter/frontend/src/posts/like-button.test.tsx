import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { queryClient } from "../api/query-client";
import { type Backend, later, page, problem, startBackend, storedPost } from "../testing/backend";
import { open } from "../testing/open";
import { toasts } from "../ui/toast";

let backend: Backend;

beforeEach(() => {
  queryClient.clear();
  toasts.set([]);
  backend = startBackend();
  backend.answers["GET /api/posts"] = () => page([storedPost(7, { likes: 2 })]);
});

const like = () => screen.getByRole("button", { name: /^Like/ });
const state = () => [like().textContent, like().getAttribute("aria-pressed")];

async function openFeed(): Promise<void> {
  await open("/");
  await screen.findByText("Post 7");
}

test("a like shows at once, and stays as the server counts it", async () => {
  const { promise, resolve } = later();
  backend.answers["PUT /api/posts/7/like"] = () => promise;
  await openFeed();
  fireEvent.click(like());
  await waitFor(() => expect(state()).toEqual(["Like 3", "true"]));
  resolve(Response.json({ likes: 5, liked: true }));
  await waitFor(() => expect(state()).toEqual(["Like 5", "true"]));
});

test("a like that fails is taken back, and the reason is told", async () => {
  const { promise, resolve } = later();
  backend.answers["PUT /api/posts/7/like"] = () => promise;
  await openFeed();
  fireEvent.click(like());
  await waitFor(() => expect(state()).toEqual(["Like 3", "true"]));
  resolve(problem(404, "NOT_FOUND"));
  await waitFor(() => expect(state()).toEqual(["Like 2", "false"]));
  await screen.findByText("This is no longer here.");
});

test("pressed again before the answer, the last press counts", async () => {
  const { promise, resolve } = later();
  backend.answers["PUT /api/posts/7/like"] = () => promise;
  backend.answers["DELETE /api/posts/7/like"] = () => Response.json({ likes: 2, liked: false });
  await openFeed();
  fireEvent.click(like());
  await waitFor(() => expect(state()).toEqual(["Like 3", "true"]));
  fireEvent.click(like());
  await waitFor(() => expect(state()).toEqual(["Like 2", "false"]));
  expect(backend.requests).not.toContain("DELETE /api/posts/7/like");
  resolve(Response.json({ likes: 3, liked: true }));
  await waitFor(() => expect(backend.requests).toContain("DELETE /api/posts/7/like"));
  expect(state()).toEqual(["Like 2", "false"]);
});

test("a like pressed while the post is still being read stays, and the rest of the post comes", async () => {
  const { promise, resolve } = later();
  backend.answers["GET /api/posts/7"] = () => promise;
  const like7 = later();
  backend.answers["PUT /api/posts/7/like"] = () => like7.promise;
  await openFeed();
  fireEvent.click(screen.getByRole("link", { name: "Post 7" }));
  await screen.findByRole("heading", { level: 1, name: "Post 7" });
  await waitFor(() => expect(backend.requests).toContain("GET /api/posts/7"));
  fireEvent.click(like());
  resolve(Response.json(storedPost(7, { likes: 2, title: "Post 7, edited" })));
  await screen.findByRole("heading", { level: 1, name: "Post 7, edited" });
  await waitFor(() => expect(state()).toEqual(["Like 3", "true"]));
  like7.resolve(Response.json({ likes: 5, liked: true }));
  await waitFor(() => expect(state()).toEqual(["Like 5", "true"]));
});

test("other numbers that come while the feed is read are shown when it has been read", async () => {
  const { promise, resolve } = later();
  backend.answers["GET /api/posts"] = () => promise;
  await open("/");
  backend.live.says("/live", "post-changed", { post_id: 7, likes: 4, comments: 1 });
  resolve(page([storedPost(7, { likes: 2 })]));
  await screen.findByText("Post 7");
  await waitFor(() => expect(state()).toEqual(["Like 4", "false"]));
});

test("a visitor is led to the sign-in, and back to the post", async () => {
  backend.signedIn = false;
  await openFeed();
  const link = screen.getByRole("link", { name: "Like 2 (Sign in)" });
  expect(link.getAttribute("href")).toBe("/sign-in?next=%2Fposts%2F7");
});
