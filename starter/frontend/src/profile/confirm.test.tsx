import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { problem, startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("a change that needs a fresh sign-in waits for one, and goes through only once", async () => {
  const backend = startBackend();
  const change = "PUT /api/password";
  backend.answers[change] = problem(401, "REAUTHENTICATION_REQUIRED", { max_age: 600 });
  await open("/profile");
  fireEvent.click(await screen.findByRole("button", { name: "Change password" }));
  fireEvent.change(screen.getByLabelText("New password"), { target: { value: "a long sentence" } });
  fireEvent.click(screen.getByRole("button", { name: "Change password" }));

  const dialog = within(await screen.findByRole("dialog", { name: "Confirm it’s you" }));
  expect((dialog.getByLabelText("Email") as HTMLInputElement).readOnly).toBe(true);
  backend.answers[change] = new Response(null, { status: 204 });
  fireEvent.change(dialog.getByLabelText("Password"), { target: { value: "right" } });
  fireEvent.click(dialog.getByRole("button", { name: "Sign in" }));

  await screen.findByText("Your password is changed. Your other devices are signed out.");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(backend.requests.filter((call) => call === change)).toHaveLength(2);
});
