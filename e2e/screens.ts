/** Every screen of the product, by its address; `{id}` is a post of the member's own. */

import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

export const open = {
  "the home page": "/",
  "a post": "/posts/{id}",
  "the sign-in page": "/sign-in",
  "the sign-up page": "/sign-up",
  "an unknown page": "/no/such/page",
  "an unknown post": "/posts/2147483647",
};

export const membersOnly = {
  "the home page of a member": "/",
  "a post of one's own": "/posts/{id}",
  "the editor": "/posts/new",
  "the editor of an old post": "/posts/{id}/edit",
  "the profile": "/profile",
  "the list of logins": "/sessions",
  "the files": "/my-files",
  "the notifications": "/notifications",
};

/** Opens a screen and waits until it is all there. */
export async function show(page: Page, address: string, id: number): Promise<void> {
  await page.goto(address.replace("{id}", String(id)));
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator(".skeleton")).toHaveCount(0);
}
