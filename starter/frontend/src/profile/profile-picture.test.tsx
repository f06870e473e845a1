import { fireEvent, screen, waitFor } from "@testing-library/react";
import { type UploadResult, type UploadTask } from "flask-dovetail";
import { beforeEach, expect, test, vi } from "vitest";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { type Backend, startBackend } from "../testing/backend";
import { open } from "../testing/open";

const ada = {
  has_password: true,
  id: 1,
  email: "ada@example.com",
  name: "Ada",
  bio: "",
  joined_at: "2026-01-01T00:00:00Z",
  avatar: null,
};
const avatar = {
  fallback: "http://localhost/files/jpeg/content",
  sources: [
    { type: "image/avif", srcset: "http://localhost/a 48w, http://localhost/b 96w" },
    { type: "image/webp", srcset: "http://localhost/c 48w, http://localhost/d 96w" },
  ],
};
const me = new File(["…"], "me.jpg", { type: "image/jpeg" });

let backend: Backend;

beforeEach(() => {
  queryClient.clear();
  backend = startBackend();
});

test("a chosen picture is uploaded as an avatar, and shown in the best format and size", async () => {
  const upload = answerUpload({ data: { id: "p1" } });
  backend.answers["GET /api/profile"] = Response.json(ada);
  backend.answers["PUT /api/profile/avatar"] = Response.json({ ...ada, avatar });
  await open("/profile");
  choose(await screen.findByLabelText("Choose a picture", { selector: "input" }));

  await screen.findByRole("button", { name: "Change picture" });
  expect(upload.mock.lastCall?.[0]).toBe(me);
  expect(upload.mock.lastCall?.[1]).toMatchObject({ purpose: "avatar" });
  const image = document.querySelector(".profile-card picture img");
  expect(image?.getAttribute("src")).toBe(avatar.fallback);
  expect([image?.getAttribute("width"), image?.getAttribute("height")]).toEqual(["72", "72"]);
  const sources = [...document.querySelectorAll(".profile-card source")];
  expect(sources.map((source) => source.getAttribute("type"))).toEqual([
    "image/avif",
    "image/webp",
  ]);
  expect(sources[0]?.getAttribute("srcset")).toBe(avatar.sources[0]?.srcset);
  expect(sources[0]?.getAttribute("sizes")).toBe("72px");
});

test("a picture that is not taken is refused in words, and the former one stays", async () => {
  const types = ["image/jpeg", "image/png"];
  answerUpload({ problem: { code: "FILE_TYPE_NOT_ALLOWED", types } });
  backend.answers["GET /api/profile"] = Response.json({ ...ada, avatar });
  await open("/profile");
  choose(await screen.findByLabelText("Choose a picture", { selector: "input" }));

  await screen.findByText(/It has to be JPEG or PNG/);
  expect(document.querySelector(".profile-card picture")).not.toBeNull();
  expect(backend.requests).not.toContain("PUT /api/profile/avatar");
});

test("who removes their picture is shown by their initial again, and keeps the focus", async () => {
  backend.answers["GET /api/profile"] = Response.json({ ...ada, avatar });
  backend.answers["DELETE /api/profile/avatar"] = Response.json(ada);
  await open("/profile");
  fireEvent.click(await screen.findByRole("button", { name: "Remove picture" }));

  const again = await screen.findByRole("button", { name: "Choose a picture" });
  expect(document.querySelector(".profile-card .tail")?.textContent).toBe("A");
  await waitFor(() => expect(document.activeElement).toBe(again));
});

function answerUpload(result: object) {
  const task = Promise.resolve({ response: new Response(), ...result } as unknown as UploadResult);
  return vi
    .spyOn(dovetail.files, "upload")
    .mockReturnValue(Object.assign(task, { pause() {}, resume() {} }) satisfies UploadTask);
}

function choose(input: HTMLElement): void {
  fireEvent.change(input, { target: { files: [me] } });
}
