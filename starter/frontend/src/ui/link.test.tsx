import { fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, test, vi } from "vitest";
import { Link } from "./link";
import { preloadWith } from "./preload";

test("a link fetches the code of its page when the pointer or the focus comes to it", () => {
  const fetchPage = vi.fn<(address: string) => void>();
  preloadWith(fetchPage);
  render(
    <MemoryRouter>
      <Link to="/profile">Profile</Link>
      <Link to="/sessions">Devices</Link>
    </MemoryRouter>,
  );
  expect(fetchPage).not.toHaveBeenCalled();

  fireEvent.pointerEnter(screen.getByRole("link", { name: "Profile" }));
  fireEvent.focus(screen.getByRole("link", { name: "Devices" }));

  expect(fetchPage.mock.calls).toEqual([["/profile"], ["/sessions"]]);
});
