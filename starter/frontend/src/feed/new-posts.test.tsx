import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { queryClient } from "../api/query-client";
import { type Backend, later, page, problem, startBackend, storedPost } from "../testing/backend";
import { open } from "../testing/open";
import { toasts } from "../ui/toast";

let backend: Backend;
let posts: object[];

beforeEach(async () => {
  queryClient.clear();
  toasts.set([]);
  posts = [storedPost(1)];
  backend = startBackend();
  backend.answers["GET /api/posts"] = () => page(posts.toReversed());
  await open("/");
  await screen.findByText("Post 1");
  backend.live.is("open");
});

/** Somebody publishes; 1 is who is signed in. */
function publish(id: number, author_id = 2): void {
  posts.push(storedPost(id));
  backend.live.says("/live", "post-published", { post_id: id, author_id });
}

const titles = () => screen.getAllByRole("heading", { level: 2 }).map((each) => each.textContent);

test("what others publish is offered above the feed, which stays as it is until that is pressed", async () => {
  publish(2);
  publish(3);
  const offer = await screen.findByRole("button", { name: "2 new posts" });
  expect(offer.closest("[role=status]")).toBeTruthy();
  expect(titles()).toEqual(["Post 1"]);

  fireEvent.click(offer);
  await waitFor(() => expect(titles()).toEqual(["Post 3", "Post 2", "Post 1"]));
  await waitFor(() =>
    expect(document.activeElement?.closest("article")?.textContent).toContain("Post 3"),
  );
  expect(screen.queryByRole("button", { name: /new post/ })).toBeNull();
});

test("one's own posts, published in another tab, are not offered", async () => {
  publish(2, 1);
  publish(3);
  expect(await screen.findByRole("button", { name: "1 new post" })).toBeTruthy();
});

test("the first post of all is offered as well", async () => {
  posts = [];
  await queryClient.refetchQueries({ queryKey: ["posts"] });
  await screen.findByText("Nothing here yet");
  publish(2);
  fireEvent.click(await screen.findByRole("button", { name: "1 new post" }));
  await waitFor(() => expect(titles()).toEqual(["Post 2"]));
});

test("when the newest cannot be read the reason is told, and they are still offered", async () => {
  publish(2);
  const offer = await screen.findByRole("button", { name: "1 new post" });
  backend.answers["GET /api/posts"] = () => problem(403, "FORBIDDEN");
  fireEvent.click(offer);
  await screen.findByText("You may not do this.");
  expect(titles()).toEqual(["Post 1"]);
  expect(screen.getByRole("button", { name: "1 new post" })).toBeTruthy();
});

for (const isOpen of [false, true]) {
  test(`what was published, liked and said between the reading of the feed and ${isOpen ? "a connection that was open before" : "the first connection"} is shown`, async () => {
    cleanup();
    queryClient.clear();
    const { promise, resolve } = later();
    backend.live.is(isOpen ? "open" : "connecting");
    backend.answers["GET /api/posts"] = () => promise;
    await open("/");
    const before = posts.toReversed();
    posts = [storedPost(1, { likes: 3, comments: 2 }), storedPost(2)];
    backend.answers["GET /api/posts"] = () => page(posts.toReversed());
    resolve(page(before));
    await screen.findByText("Post 1");
    if (!isOpen) {
      backend.live.is("open");
    }
    await screen.findByRole("button", { name: "1 new post" });
    expect(titles()).toEqual(["Post 1"]);
    expect(await screen.findByRole("button", { name: "Like 3" })).toBeTruthy();
  });
}

test("what was published during a break of the connection is offered after it", async () => {
  backend.live.is("waiting");
  posts.push(storedPost(2), storedPost(3, { mine: true }));
  backend.live.is("open");
  await screen.findByRole("button", { name: "1 new post" });
  expect(titles()).toEqual(["Post 1"]);
});
