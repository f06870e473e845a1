/** What the specs are given: a running starter, people with accounts, and an eye on the console. */

import { randomUUID } from "node:crypto";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { type Setup, type Starter, startStarter } from "./starter.ts";

export { expect } from "@playwright/test";

export interface Options {
  setup: Setup;
  /** One for each worker, on fresh data. */
  starter: Starter;
}

export interface Person {
  name: string;
  email: string;
  password: string;
}

interface Given {
  /** Somebody with an account, who is not signed in. */
  person: Person;
  /** `page`, where that person is signed in. */
  mine: Page;
  /** What the console said and the policy blocked, on every page of the test. */
  complaints: string[];
}

export const test = base.extend<Given, Options>({
  setup: ["embedded", { option: true, scope: "worker" }],

  starter: [
    async ({ setup }, use) => {
      const starter = await startStarter(setup);
      await use(starter);
      await starter.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],

  baseURL: async ({ starter }, use) => use(starter.origin),

  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") {
          complaints.push(message.text());
        }
      });
      context.on("weberror", (error) => complaints.push(String(error.error())));
      await use(complaints);
      // A refused request is a line in the console too; whether it should have been is for each spec to say.
      expect(complaints.filter((text) => !text.startsWith("Failed to load resource"))).toEqual([]);
    },
    { auto: true },
  ],

  person: async ({ browser, starter }, use) => {
    const context = await browser.newContext();
    const person = newPerson();
    const answer = await send(context, starter, "POST", "/api/signup", person);
    expect(answer.status()).toBe(201);
    await context.close();
    await use(person);
  },

  mine: async ({ page, person, starter }, use) => {
    await signIn(page.context(), starter, person);
    await use(page);
  },
});

export function newPerson(): Person {
  const id = randomUUID().slice(0, 8);
  return { name: `Person ${id}`, email: `${id}@example.com`, password: `password ${id}` };
}

/** Signs in without touching the screen; pages of this context have the cookie. */
export async function signIn(
  context: BrowserContext,
  starter: Starter,
  { email, password }: Person,
): Promise<void> {
  const answer = await send(context, starter, "POST", "/auth/login", { email, password });
  expect(answer.status()).toBe(200);
}

/** One request with the context's cookies, its CSRF token and the page's origin. */
export async function send(
  context: BrowserContext,
  starter: Starter,
  method: string,
  path: string,
  data?: object,
) {
  const { csrf } = await (await context.request.get(`${starter.apiOrigin}/api/csrf-token`)).json();
  return context.request.fetch(starter.apiOrigin + path, {
    method,
    headers: { "X-CSRF-Token": csrf, Origin: starter.origin },
    ...(data && { data }),
  });
}

/** Writes a post without touching the screen. */
export async function write(context: BrowserContext, starter: Starter, title: string, body = "…") {
  const answer = await send(context, starter, "POST", "/api/posts", { title, body });
  expect(answer.status()).toBe(201);
  return (await answer.json()) as { id: number; title: string };
}
