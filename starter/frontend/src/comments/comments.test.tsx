import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { queryClient } from "../api/query-client";
import { type Backend, later, page, problem, startBackend, storedPost } from "../testing/backend";
import { open } from "../testing/open";
import { toasts } from "../ui/toast";

const bo = { id: 2, name: "Bo" };
const chen = { id: 3, name: "Chen" };

const stored = (id: number, text: string, more: object = {}) => ({
  id,
  text,
  author: { ...bo, avatar: null },
  created_at: "2026-01-01T00:00:00Z",
  mine: false,
  ...more,
});
const own = { mine: true, author: { id: 1, name: "Ada", avatar: null } };

let backend: Backend;
let comments: ReturnType<typeof stored>[];

beforeEach(() => {
  queryClient.clear();
  toasts.set([]);
  comments = [stored(1, "Which saw?"), stored(2, "A fine one.", own), stored(3, "Thanks!")];
  backend = startBackend();
  backend.answers = {
    "GET /api/posts/7": () => Response.json(storedPost(7, { comments: comments.length })),
    "GET /api/posts/7/comments": () => page(comments),
    "POST /api/posts/7/comments": async (request) => {
      const { text } = (await request.json()) as { text: string };
      comments.push(stored(9, text, own));
      return Response.json(comments.at(-1), { status: 201 });
    },
    "DELETE /api/comments/2": () => {
      comments = comments.filter(({ id }) => id !== 2);
      return new Response(null, { status: 204 });
    },
  };
});

async function openPost(): Promise<void> {
  await open("/posts/7");
  await screen.findByText("Which saw?");
}

const texts = () => [...document.querySelectorAll(".comment-text")].map((each) => each.textContent);
const focused = () => document.activeElement?.closest(".comment")?.textContent;
const field = () => screen.findByLabelText<HTMLTextAreaElement>("Write a comment");
const post = () => fireEvent.click(screen.getByRole("button", { name: "Comment" }));

async function type(value: string): Promise<void> {
  fireEvent.change(await field(), { target: { value } });
}

test("what somebody writes is below all that was said, with the focus, and the field is free again", async () => {
  await openPost();
  await type("  Dovetail, I think.  ");
  post();
  await waitFor(() => expect(texts().at(-1)).toBe("Dovetail, I think."));
  expect(focused()).toContain("Dovetail, I think.");
  expect((await field()).value).toBe("");
});

test("it is shown at once, also while there are others to load before it", async () => {
  backend.answers["GET /api/posts/7/comments"] = (request) =>
    new URL(request.url).searchParams.has("cursor")
      ? page([stored(4, "Later."), ...comments.filter(({ id }) => id === 9)])
      : page(comments.slice(0, 3), "more");
  await openPost();
  await type("Mine.");
  post();
  await waitFor(() => expect(texts().at(-1)).toBe("Mine."));
  fireEvent.click(screen.getByRole("button", { name: "Show more comments" }));
  await waitFor(() =>
    expect(texts()).toEqual(["Which saw?", "A fine one.", "Thanks!", "Later.", "Mine."]),
  );
  await waitFor(() => expect(focused()).toContain("Later."));
});

test("what the server refuses is told at the field, which keeps what was typed", async () => {
  await openPost();
  backend.answers["POST /api/posts/7/comments"] = () =>
    problem(422, "VALIDATION_FAILED", {
      errors: [{ pointer: "/body/text", code: "string_too_long", detail: "" }],
    });
  await type("Long.");
  post();
  await screen.findByText("Write at most 2000 characters.");
  expect((await field()).value).toBe("Long.");
  backend.answers["POST /api/posts/7/comments"] = () => problem(429, "TOO_MANY_COMMENTS");
  post();
  await screen.findByText(/You have written a lot of comments today/);
  expect((await field()).value).toBe("Long.");
});

test("a login that ends while somebody writes costs them nothing: they sign in over the screen, and it is sent again", async () => {
  await openPost();
  const refused = problem(401, "SESSION_EXPIRED");
  const usual = backend.answers["POST /api/posts/7/comments"] as (request: Request) => Response;
  backend.answers["POST /api/posts/7/comments"] = (request) =>
    backend.signedIn ? usual(request) : refused;
  backend.signedIn = false;
  await type("Still here.");
  post();
  const dialog = within(await screen.findByRole("dialog", { name: "Sign in to continue" }));
  fireEvent.change(dialog.getByLabelText("Password"), { target: { value: "right" } });
  fireEvent.click(dialog.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(texts().at(-1)).toBe("Still here."));
});

test("only one's own can be deleted, after a question; its neighbour takes the focus", async () => {
  await openPost();
  expect(screen.getAllByRole("button", { name: /^Delete/ }).length).toBe(1);
  fireEvent.click(screen.getByRole("button", { name: "Delete your comment" }));
  const dialog = within(await screen.findByRole("alertdialog"));
  fireEvent.click(dialog.getByRole("button", { name: "Delete" }));
  await screen.findByText("The comment is deleted.");
  expect(texts()).toEqual(["Which saw?", "Thanks!"]);
  await waitFor(() => expect(focused()).toContain("Thanks!"));
});

test("one that could not be deleted stays, and the reason is told", async () => {
  await openPost();
  backend.answers["DELETE /api/comments/2"] = () => problem(403, "FORBIDDEN");
  fireEvent.click(screen.getByRole("button", { name: "Delete your comment" }));
  const dialog = within(await screen.findByRole("alertdialog"));
  fireEvent.click(dialog.getByRole("button", { name: "Delete" }));
  await screen.findByText("You may not do this.");
  expect(texts().length).toBe(3);
});

test("what others write appears below, and is told", async () => {
  await openPost();
  const told = new Set<Element>();
  for (const id of [5, 6]) {
    comments.push(stored(id, `Comment ${id}`));
    backend.live.says("/live", "comment-added", { post_id: 7, comment_id: id });
    await waitFor(() => expect(texts().at(-1)).toBe(`Comment ${id}`));
    const words = await screen.findByText("New comment by Bo.");
    expect(words.closest("[role=status]")).toBeTruthy();
    told.add(words);
  }
  expect(told.size).toBe(2); // the same words, said again
});

test("what is said between the reading of the page and the joining of the room is read, and told", async () => {
  await openPost();
  comments.push(stored(5, "Just now."));
  backend.live.shows("post:7", []);
  await waitFor(() => expect(texts().at(-1)).toBe("Just now."));
  expect(await screen.findByRole("heading", { name: "Comments 4" })).toBeTruthy();
  expect(await screen.findByText("New comment by Bo.")).toBeTruthy();
});

test("a room that is joined while the comments are first read has no news but what came since", async () => {
  const { promise, resolve } = later();
  backend.answers["GET /api/posts/7/comments"] = () => promise;
  await open("/posts/7");
  await waitFor(() => expect(backend.live.rooms).toEqual(["/live post:7"]));
  const before = [...comments];
  comments.push(stored(5, "Just now."));
  backend.live.shows("post:7", []);
  backend.answers["GET /api/posts/7/comments"] = () => page(comments);
  resolve(page(before));
  await waitFor(() => expect(texts().at(-1)).toBe("Just now."));
  expect(await screen.findByText("New comment by Bo.")).toBeTruthy();
});

test("after a break of the connection, what was missed is read", async () => {
  await openPost();
  backend.live.shows("post:7", []);
  comments.push(stored(5, "Meanwhile."));
  backend.live.shows("post:7", []); // joined again
  await waitFor(() => expect(texts().at(-1)).toBe("Meanwhile."));
  expect(await screen.findByRole("heading", { name: "Comments 4" })).toBeTruthy();
});

test("other numbers beside the post are shown as they come, and what was deleted goes", async () => {
  await openPost();
  comments.pop();
  backend.live.says("/live", "post-changed", { post_id: 7, likes: 4, comments: 2 });
  await screen.findByRole("heading", { name: "Comments 2" });
  await screen.findByRole("button", { name: "Like 4" });
  await waitFor(() => expect(texts()).toEqual(["Which saw?", "A fine one."]));
});

test("who writes is told while they do, and no longer", async () => {
  await openPost();
  vi.useFakeTimers();
  const writes = (by: object) => backend.live.says("/live", "typing", { post_id: 7, by });
  const told = () => document.querySelector(".writers")?.textContent;
  writes({ id: 1, name: "Ada" });
  expect(told()).toBe(""); // oneself, in another tab
  writes(bo);
  expect(told()).toBe("Bo is writing…");
  act(() => vi.advanceTimersByTime(3000));
  writes(chen);
  writes({ id: 4, name: "Dee" });
  expect(told()).toBe("3 people are writing…");
  act(() => vi.advanceTimersByTime(4000));
  expect(told()).toBe("Chen and Dee are writing…");
  act(() => vi.advanceTimersByTime(4000));
  expect(told()).toBe("");
  vi.useRealTimers();
});

test("that one writes is told to the others, and not with each key", async () => {
  await openPost();
  for (const text of ["D", "Do", "Dov"]) {
    await type(text);
  }
  expect(backend.live.emitted).toEqual(['/live typing {"post_id":7}']);
});

test("who else reads the post is shown, without oneself", async () => {
  await openPost();
  expect(backend.live.rooms).toEqual(["/live post:7"]);
  backend.live.shows("post:7", [bo, { id: 1, name: "Ada" }, chen]);
  await screen.findByText("Also here: Bo and Chen");
  backend.live.shows("post:7", [{ id: 1, name: "Ada" }]);
  expect(screen.queryByText(/^Also here/)).toBeNull();
});

test("visitors read, and are led to sign in where they would write", async () => {
  backend.signedIn = false;
  await openPost();
  const link = screen.getByRole("link", { name: "Sign in to comment" });
  expect(link.getAttribute("href")).toBe("/sign-in?next=%2Fposts%2F7%23comments");
  expect(backend.live.rooms).toEqual([]);
});
