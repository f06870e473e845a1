import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { queryClient } from "../api/query-client";
import { type Backend, startBackend } from "../testing/backend";
import { open } from "../testing/open";

const paused = "Live updates are paused. Reconnecting…";
const resumed = "Live again.";
const offline = "You are offline. What you see may be old.";

let backend: Backend;

beforeEach(async () => {
  queryClient.clear();
  backend = startBackend();
  await open("/");
  await screen.findByRole("link", { name: "Notifications" });
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
const said = () => document.querySelector(".connection-notice")?.textContent;

function hasConnection(has: boolean): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(has);
  act(() => window.dispatchEvent(new Event(has ? "online" : "offline")));
}

test("nothing is said while a page connects for the first time, however long that takes", () => {
  backend.live.is("connecting");
  backend.live.is("waiting");
  pass(60_000);
  expect(said()).toBe("");
});

test("a short break is not worth a word", () => {
  backend.live.is("open");
  backend.live.is("waiting");
  pass(3000);
  backend.live.is("open");
  pass(60_000);
  expect(said()).toBe("");
});

test("a longer break is told, however many tries there are in it, and so is its end, for a while", () => {
  backend.live.is("open");
  for (const state of ["waiting", "connecting", "waiting", "connecting"] as const) {
    backend.live.is(state);
    pass(1100);
  }
  expect(said()).toBe(paused);
  expect(screen.getByRole("link", { name: `Notifications ${paused}` })).toBeTruthy();
  backend.live.is("open");
  expect(said()).toBe(resumed);
  pass(6000);
  expect(said()).toBe("");
});

test("without any connection, the browser's being offline is all that is said", () => {
  backend.live.is("open");
  hasConnection(false);
  backend.live.is("waiting");
  pass(60_000);
  expect(said()).toBe(offline);
  hasConnection(true);
  pass(1000);
  expect(said()).toBe("");
  backend.live.is("open");
  pass(60_000);
  expect(said()).toBe("");
});

test("online again without live updates, that is told after the same patience", () => {
  backend.live.is("open");
  hasConnection(false);
  backend.live.is("waiting");
  pass(60_000);
  hasConnection(true);
  pass(5000);
  expect(said()).toBe(paused);
});
