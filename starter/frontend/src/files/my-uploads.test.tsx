import { fireEvent, screen, waitFor } from "@testing-library/react";
import type { UploadedFile, UploadResult } from "flask-dovetail";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { router } from "../routes";
import { type Backend, startBackend } from "../testing/backend";
import { open } from "../testing/open";
import { toasts } from "../ui/toast";
import { myUploads } from "./my-uploads";

const photo = new File(["12345"], "photo.jpg", { type: "image/jpeg", lastModified: 1 });
const stored: UploadedFile = {
  id: "1",
  name: "photo.jpg",
  content_type: "image/jpeg",
  size: 5,
  purpose: "file",
  sha256: null,
  created_at: "2026-01-01T00:00:00Z",
  content_url: "http://localhost/files/1/content",
  content_url_expires_at: null,
};

let backend: Backend;
let signal: AbortSignal | undefined;
let finish: (result: UploadResult) => void;

beforeEach(async () => {
  queryClient.clear();
  toasts.set([]);
  backend = startBackend();
  backend.answers["GET /files/upload"] = Response.json({ items: [] });
  backend.answers["GET /files"] = Response.json({ items: [], next_cursor: null });
  vi.spyOn(dovetail.files, "upload").mockImplementation((_, options) => {
    signal = options?.signal;
    const result = new Promise<UploadResult>((resolve) => {
      finish = resolve;
    });
    return Object.assign(result, { pause() {}, resume() {} });
  });
  await open("/my-files");
  await router.navigate("/my-files");
  await screen.findByText("No files yet");
  fireEvent.change(screen.getByLabelText("Choose files", { selector: "input" }), {
    target: { files: [photo] },
  });
  await screen.findByRole("progressbar", { name: "photo.jpg" });
});

afterEach(() => myUploads.clear());

test("an upload goes on while one moves between screens, and its end is told there", async () => {
  fireEvent.click(screen.getByRole("link", { name: "Home" }));
  await screen.findByRole("heading", { name: "Home" });
  expect(screen.getByRole("link", { name: /^My files.*1 upload under way$/ })).toBeTruthy();
  expect(signal?.aborted).toBe(false);

  finish({ data: stored, response: new Response() });
  await screen.findByText("photo.jpg is uploaded.");
  expect(screen.getByRole("link", { name: "My files" })).toBeTruthy();
});

test("a file that has arrived is shown among the others", async () => {
  finish({ data: stored, response: new Response() });
  await screen.findByRole("button", { name: "Delete photo.jpg" });
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("whoever closes the page is asked first, for as long as something is under way", async () => {
  expect(closing()).toBe("asked");
  finish({ data: stored, response: new Response() });
  await screen.findByText("photo.jpg is uploaded.");
  expect(closing()).toBe("not asked");
});

test("who signs out leaves no upload behind", async () => {
  backend.answers["POST /auth/logout"] = Response.json({ csrf: "token" });
  fireEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await waitFor(() => expect(signal?.aborted).toBe(true));
  expect(closing()).toBe("not asked");
});

function closing(): "asked" | "not asked" {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented ? "asked" : "not asked";
}
