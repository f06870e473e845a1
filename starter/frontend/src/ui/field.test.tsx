import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { startBackend } from "../testing/backend";
import { open } from "../testing/open";

test("near its limit a field says how much room is left, and past it how much is too much", async () => {
  startBackend();
  await open("/posts/new");
  const title = await screen.findByLabelText("Title");
  const write = (length: number) =>
    fireEvent.change(title, { target: { value: "x".repeat(length) } });

  write(90);
  expect(screen.queryByText(/characters? left/)).toBeNull();
  write(119);
  expect(screen.getByText("1 character left")).toBeTruthy();
  write(123);
  expect(screen.getByText("3 characters too many")).toBeTruthy();
});
