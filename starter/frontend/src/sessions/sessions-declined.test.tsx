import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("who declines to sign in again no longer sees the list of their devices", async () => {
  const backend = startBackend();
  const times = { created_at: "2026-01-01T00:00:00Z", last_seen_at: "2026-01-01T00:00:00Z" };
  const device = { device: "Firefox", user_agent: "", address: "203.0.113.7", current: false };
  backend.answers["GET /auth/sessions"] = Response.json({
    items: [{ ...times, ...device, id: "b", expires_at: "2026-02-01T00:00:00Z" }],
  });
  await open("/sessions");
  await screen.findByText("Address 203.0.113.7");

  backend.signedIn = false;
  fireEvent.click(screen.getByRole("button", { name: "Sign out Firefox" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Sign in to continue" }));
  fireEvent.click(dialog.getByRole("button", { name: "Not now" }));

  await screen.findByRole("heading", { name: "Sign in to go on." });
  expect(screen.queryByText("Address 203.0.113.7")).toBeNull();
});
