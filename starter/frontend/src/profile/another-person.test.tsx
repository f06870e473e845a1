import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("what one person typed into their profile is neither shown to nor saved for somebody else who signs in", async () => {
  const backend = startBackend();
  await open("/profile");
  fireEvent.click(await screen.findByRole("button", { name: "Edit profile" }));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Countess" } });

  backend.signedIn = false;
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Sign in to continue" }));

  backend.signedIn = true;
  const times = { created_at: "2026-01-01T00:00:00Z", expires_at: "2026-02-01T00:00:00Z" };
  const login = { id: "b", subject: "2", roles: [], scopes: [], ...times };
  const profile = {
    id: 2,
    email: "bo@example.com",
    name: "Bo",
    bio: "",
    joined_at: times.created_at,
  };
  backend.answers["POST /auth/login"] = Response.json({ csrf: "token", login });
  backend.answers["GET /auth/session"] = Response.json({ login });
  backend.answers["GET /api/profile"] = Response.json(profile);
  fireEvent.change(dialog.getByLabelText("Email"), { target: { value: "bo@example.com" } });
  fireEvent.change(dialog.getByLabelText("Password"), { target: { value: "right" } });
  fireEvent.click(dialog.getByRole("button", { name: "Sign in" }));

  await screen.findByDisplayValue("Bo");
  expect(screen.queryByDisplayValue("Countess")).toBeNull();
  expect(backend.requests.filter((call) => call === "PATCH /api/profile")).toHaveLength(1);
});
