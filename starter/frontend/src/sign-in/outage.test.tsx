import { onlineManager } from "@tanstack/react-query";
import { fireEvent, screen } from "@testing-library/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { problem, startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("a page opened during an outage learns who is here once it is over", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const backend = startBackend();
  backend.answers["GET /auth/session"] = problem(500, "INTERNAL_ERROR");
  await open("/");
  await screen.findByRole("heading", { level: 1, name: "Home" });
  expect(screen.queryByRole("link", { name: "Profile" })).toBeNull();

  delete backend.answers["GET /auth/session"];
  await vi.advanceTimersByTimeAsync(10_000);
  await screen.findByRole("link", { name: "Profile" });
});

test("signing out without a connection says at once that it did not work", async () => {
  onTestFinished(() => onlineManager.setOnline(true));
  const backend = startBackend();
  backend.answers["POST /auth/logout"] = problem(503, "SERVICE_UNAVAILABLE");
  await open("/");

  onlineManager.setOnline(false);
  fireEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  await screen.findByText("The service is down for the moment. Try again shortly.");
  expect(screen.getByRole("button", { name: "Sign out" }).ariaDisabled).toBeNull();
});
