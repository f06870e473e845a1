import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("who would rather not sign in again keeps the text, is told why it was not saved, and is asked before leaving it", async () => {
  const backend = startBackend();
  await open("/posts/new");
  fireEvent.change(await screen.findByLabelText("Title"), { target: { value: "Kept" } });
  fireEvent.change(screen.getByLabelText("Text"), { target: { value: "Kept too" } });

  backend.signedIn = false;
  fireEvent.click(screen.getByRole("button", { name: "Publish" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Sign in to continue" }));
  fireEvent.click(dialog.getByRole("button", { name: "Not now" }));

  await screen.findByText("Your login has ended. Sign in again.");
  expect(screen.getByDisplayValue("Kept")).toBeTruthy();
  expect(backend.posts).toEqual([]);

  fireEvent.click(screen.getByRole("link", { name: "Home" }));
  const question = within(
    await screen.findByRole("alertdialog", { name: "Leave without saving?" }),
  );
  fireEvent.click(question.getByRole("button", { name: "Keep writing" }));
  expect(screen.getByDisplayValue("Kept too")).toBeTruthy();
});
