import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("a code in the address is told in our own words, whatever somebody wrote there", async () => {
  const backend = startBackend();
  backend.signedIn = false;
  await open("/sign-in?problem=Call+0800+12345&next=%2Fprofile");
  const told = await screen.findByRole("alert");
  expect(told.textContent).toBe("Something went wrong on our side. Try again.");
  expect(document.activeElement).toBe(told);
  expect(screen.queryByText(/0800/)).toBeNull();
  expect(screen.getByRole("button", { name: "Sign in" })).toBeTruthy();
});
