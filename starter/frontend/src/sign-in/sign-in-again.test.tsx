import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { startBackend } from "../testing/backend";
import { open } from "../testing/open";

function type(field: HTMLElement, value: string): void {
  fireEvent.change(field, { target: { value } });
}

test("a login that ends while somebody writes costs them nothing: they sign in over the screen, and the post is sent again", async () => {
  const backend = startBackend();
  await open("/posts/new");
  type(await screen.findByLabelText("Title"), "Half-blind joints");
  type(screen.getByLabelText("Text"), "Chisel, then mallet.");

  backend.signedIn = false;
  fireEvent.click(screen.getByRole("button", { name: "Publish" }));

  const dialog = within(await screen.findByRole("dialog", { name: "Sign in to continue" }));
  expect(screen.getByDisplayValue("Half-blind joints")).toBeTruthy();
  expect(dialog.getByDisplayValue("ada@example.com")).toBeTruthy();

  type(dialog.getByLabelText("Password"), "wrong");
  fireEvent.click(dialog.getByRole("button", { name: "Sign in" }));
  await dialog.findByText("The email or the password is not right.");
  expect(backend.posts).toEqual([]);

  type(dialog.getByLabelText("Password"), "right");
  fireEvent.click(dialog.getByRole("button", { name: "Sign in" }));

  await waitFor(() =>
    expect(backend.posts).toEqual([{ title: "Half-blind joints", body: "Chisel, then mallet." }]),
  );
  await screen.findByRole("heading", { level: 1, name: "Half-blind joints" });
  expect(screen.queryByRole("dialog")).toBeNull();
});
