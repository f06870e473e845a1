import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { queryClient } from "../api/query-client";
import { type Backend, later, page, problem, startBackend, storedPost } from "../testing/backend";
import { open } from "../testing/open";
import { toast, toasts } from "../ui/toast";

const liked = (seq: number, more: object = {}) => ({
  seq,
  event: "post-liked",
  data: { post_id: 7, title: "Half-blind joints", by: { id: 2, name: "Bo" } },
  created_at: "2026-01-01T00:00:00Z",
  read_at: null,
  ...more,
});
const commented = (seq: number) => ({
  ...liked(seq),
  event: "post-commented",
  data: { ...liked(seq).data, comment_id: 9, excerpt: "Chisel, then mallet." },
});
const isLiked = "Bo likes your post “Half-blind joints”.";
const isCommented = "Bo commented on your post “Half-blind joints”.";

let backend: Backend;
let list: { seq: number; read_at: string | null }[];

const unread = () => list.filter(({ read_at }) => read_at === null).length;

function mark(upTo: number, from = 0): Response {
  list = list.map((one) =>
    one.seq <= upTo && one.seq > from ? { ...one, read_at: "2026-01-02T00:00:00Z" } : one,
  );
  return Response.json({ unread: unread(), seq: 3 });
}

beforeEach(() => {
  queryClient.clear();
  toasts.set([]);
  list = [commented(3), liked(2), liked(1, { read_at: "2026-01-01T01:00:00Z" })];
  backend = startBackend();
  backend.answers = {
    "GET /api/posts": () => page([]),
    "GET /api/posts/7": () => Response.json(storedPost(7, { title: "Half-blind joints" })),
    "GET /api/posts/7/comments": () => page([]),
    "GET /api/notifications": () =>
      Response.json({ items: list, next_cursor: null, unread: unread(), seq: 3 }),
    "GET /api/notifications/unread": () => Response.json({ unread: unread(), seq: 3 }),
    "POST /api/notifications/3/read": () => mark(3, 2),
    "POST /api/notifications/read": () => mark(3),
  };
});

const bell = (name: string) => screen.findByRole("link", { name });
const marks = () => screen.queryAllByText("New").length;

test("the bell tells how many are not read, and follows what is read elsewhere", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  backend.live.counts(1);
  await bell("Notifications: 1 unread");
  backend.live.counts(0);
  expect(await bell("Notifications")).toBeTruthy();
});

test("opening one leads to the post, and marks it read at once", async () => {
  await open("/notifications");
  expect((await screen.findByRole("link", { name: isCommented })).textContent).toBe(isCommented);
  expect(marks()).toBe(2);
  fireEvent.click(screen.getByRole("link", { name: isCommented }));
  await bell("Notifications: 1 unread");
  await screen.findByRole("heading", { level: 1, name: "Half-blind joints" });
  await waitFor(() => expect(backend.requests).toContain("POST /api/notifications/3/read"));
});

test("all can be marked read in one go", async () => {
  await open("/notifications");
  fireEvent.click(await screen.findByRole("button", { name: "Mark all as read" }));
  await screen.findByText("All notifications are marked as read.");
  expect(marks()).toBe(0);
  await bell("Notifications");
  expect(screen.queryByRole("button", { name: "Mark all as read" })).toBeNull();
});

test("what could not be marked read is shown as it is, and the reason is told", async () => {
  await open("/notifications");
  backend.answers["POST /api/notifications/read"] = () => problem(403, "FORBIDDEN");
  fireEvent.click(await screen.findByRole("button", { name: "Mark all as read" }));
  await screen.findByText("You may not do this.");
  await waitFor(() => expect(marks()).toBe(2));
  await bell("Notifications: 2 unread");
});

test("marked read on another device, the list shows it here", async () => {
  await open("/notifications");
  await bell("Notifications: 2 unread");
  await waitFor(() => expect(marks()).toBe(2));
  mark(3);
  backend.live.counts(0);
  await waitFor(() => expect(marks()).toBe(0));
});

test("a new one is on top of the list as it comes", async () => {
  await open("/notifications");
  await screen.findByRole("link", { name: isCommented });
  backend.live.notifies(liked(4));
  await waitFor(() =>
    expect(document.querySelector(".notification")?.textContent).toContain(isLiked),
  );
});

/** The list is read, and has not been answered yet. */
async function openWhileReading() {
  const { promise, resolve } = later();
  backend.answers["GET /api/notifications"] = () => promise;
  await open("/notifications");
  await waitFor(() => expect(backend.requests).toContain("GET /api/notifications"));
  const older = { items: [...list], next_cursor: null, unread: unread(), seq: 3 };
  return {
    answer: () => resolve(Response.json(older)),
    /** From now on there is an answer at once. */
    answerNext() {
      backend.answers["GET /api/notifications"] = () =>
        Response.json({ items: list, next_cursor: null, unread: unread(), seq: 3 });
    },
  };
}

test("what comes while the list is read is on top of it", async () => {
  const { answer } = await openWhileReading();
  backend.live.notifies(liked(4));
  backend.live.notifies(commented(5));
  answer();
  await screen.findAllByRole("link", { name: isCommented });
  const texts = () => [...document.querySelectorAll(".notification")].map((row) => row.textContent);
  await waitFor(() => expect(texts()).toHaveLength(5));
  expect(texts()[0]).toContain(isCommented);
  expect(texts()[1]).toContain(isLiked);
});

test("a list that becomes stale while it is read is read again", async () => {
  const { answer, answerNext } = await openWhileReading();
  list = [liked(4), ...list];
  backend.live.stale();
  answerNext();
  answer();
  await waitFor(() => expect(document.querySelectorAll(".notification")).toHaveLength(4));
});

test("a count that comes while the first one is read is not replaced by that", async () => {
  const { promise, resolve } = later();
  backend.answers["GET /api/notifications/unread"] = () => promise;
  await open("/");
  backend.live.counts(7);
  await bell("Notifications: 7 unread");
  resolve(Response.json({ unread: 2, seq: 3 }));
  await act(() => new Promise((settled) => setTimeout(settled, 50)));
  expect(await bell("Notifications: 7 unread")).toBeTruthy();
});

test("marked read while the list is read anew, it stays so, unless the server refuses it", async () => {
  await open("/notifications");
  await waitFor(() => expect(marks()).toBe(2));
  for (const refused of [false, true]) {
    const before = Response.json({ items: list, next_cursor: null, unread: 2, seq: 3 });
    const [read, marking] = [later(), later()];
    backend.answers["GET /api/notifications"] = () => read.promise;
    backend.answers["POST /api/notifications/read"] = () => marking.promise;
    const reading = queryClient.refetchQueries({ queryKey: ["notifications", "list"] });
    fireEvent.click(screen.getByRole("button", { name: "Mark all as read" }));
    await waitFor(() => expect(marks()).toBe(0));
    if (refused) {
      backend.answers["GET /api/notifications"] = () => before.clone();
      marking.resolve(problem(403, "FORBIDDEN"));
      await waitFor(() => expect(marks()).toBe(2));
    } else {
      read.resolve(before.clone());
      await reading;
      expect(marks()).toBe(0);
      marking.resolve(problem(403, "FORBIDDEN"));
      backend.answers["GET /api/notifications"] = () => before.clone();
      await waitFor(() => expect(marks()).toBe(2));
    }
  }
});

test("without any, the page says what will be there", async () => {
  list = [];
  await open("/notifications");
  expect(await screen.findByRole("heading", { name: "Nothing yet" })).toBeTruthy();
});

test("one that comes is told once, with the way to its post", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  backend.live.notifies(list[0] as object);
  await screen.findByText(isCommented);
  expect(toasts.get().length).toBe(1);
  fireEvent.click(screen.getByRole("button", { name: "Open" }));
  await screen.findByRole("heading", { level: 1, name: "Half-blind joints" });
  await waitFor(() => expect(backend.requests).toContain("POST /api/notifications/3/read"));
  expect(toasts.get()).toEqual([]);
});

test("several are summed up in one message, also with one that is still on the screen", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  backend.live.notifies(liked(4));
  await screen.findByText(isLiked);
  backend.live.notifies(liked(5));
  backend.live.notifies(commented(6));
  await screen.findByText("3 new notifications");
  expect(toasts.get().length).toBe(1);
  fireEvent.click(screen.getByRole("button", { name: "Show" }));
  await screen.findByRole("heading", { level: 1, name: "Notifications" });
});

test("a message that has the focus keeps it, and what comes then is told in another one", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  backend.live.notifies(liked(4));
  await screen.findByText(isLiked);
  const button = screen.getByRole("button", { name: "Open" });
  button.focus();
  backend.live.notifies(commented(5));
  await screen.findByText(isCommented);
  expect(document.activeElement).toBe(button);
  backend.live.notifies(commented(6));
  await screen.findByText("2 new notifications");
  expect(screen.queryByText(isLiked)).toBeTruthy();
  expect(document.activeElement).toBe(button);

  button.blur();
  backend.live.notifies(commented(7));
  await screen.findByText("4 new notifications");
  expect(toasts.get().length).toBe(1);
});

test("every message about notifications goes with its person", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  backend.live.notifies(liked(4));
  await screen.findByText(isLiked);
  screen.getByRole("button", { name: "Open" }).focus();
  backend.live.notifies(commented(5));
  await screen.findByText(isCommented);
  cleanup();
  await waitFor(() => expect(toasts.get()).toEqual([]));
});

test("a message that is said again does not take the focus from the one before", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  act(() => void toast("Saved."));
  const close = await screen.findByRole("button", { name: "Dismiss" });
  close.focus();
  act(() => void toast("Saved."));
  expect(document.activeElement).toBe(close);
  close.blur();
  act(() => void toast("Saved."));
  expect(screen.getAllByText("Saved.")).toHaveLength(1);
});

test("what was read already, on another device, is not told", async () => {
  await open("/");
  await bell("Notifications: 2 unread");
  backend.live.notifies(liked(4, { read_at: "2026-01-01T01:00:00Z" }));
  await act(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  expect(toasts.get()).toEqual([]);
});

test("visitors see no bell, and are led to sign in from the page's address", async () => {
  backend.signedIn = false;
  await open("/notifications");
  await screen.findByRole("heading", { level: 1, name: "Sign in" });
  expect(screen.queryByRole("link", { name: /^Notifications/ })).toBeNull();
});
