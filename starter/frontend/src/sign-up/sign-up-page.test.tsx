import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { problem, startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("what the server refuses is shown at its field, by code, and the focus goes to the list of problems", async () => {
  const backend = startBackend();
  backend.signedIn = false;
  await open("/sign-up");

  fireEvent.click(await screen.findByRole("button", { name: "Sign up" }));
  await screen.findByText("There are 3 problems to fix");
  expect(backend.requests).not.toContain("POST /api/signup");

  const fill = (label: string, value: string) =>
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
  fill("Name", "Ada");
  fill("Email", "ada@example.com");
  fill("Password", "a long sentence");

  backend.answers["POST /api/signup"] = problem(422, "VALIDATION_FAILED", {
    errors: [
      { pointer: "/body/name", code: "string_too_long", detail: "not for people" },
      { pointer: "/body/password", code: "some_new_rule", detail: "not for people" },
    ],
  });
  fireEvent.click(screen.getByRole("button", { name: "Sign up" }));
  await screen.findByText("Write at most 80 characters.");
  expect(screen.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("Check this field.")).toBeTruthy();
  expect(screen.queryByText("not for people")).toBeNull();
  expect(document.activeElement?.textContent).toContain("There are 2 problems to fix");

  backend.answers["POST /api/signup"] = problem(409, "EMAIL_TAKEN");
  fireEvent.click(screen.getByRole("button", { name: "Sign up" }));
  await screen.findByText("There is already an account with this email.");
  expect(screen.getByLabelText("Email").getAttribute("aria-invalid")).toBe("true");

  backend.answers["POST /api/signup"] = problem(429, "TOO_MANY_REQUESTS");
  fireEvent.click(screen.getByRole("button", { name: "Sign up" }));
  await waitFor(() =>
    expect(screen.getByRole("alert").textContent).toContain("Wait a little and try again."),
  );
});
