/** What the specs are given: a running starter, people with accounts, and an eye on the console. */

import {
  type Browser,
  type BrowserContext,
  test as base,
  expect,
  type Page,
} from "@playwright/test";
import { addPerson } from "./database.ts";
import { newPerson, type Person } from "./people.ts";
import { watchGivenUp } from "./sockets.ts";
import { type Setup, type Starter, type Strategy, startStarter } from "./starter.ts";

export { expect } from "@playwright/test";
export { newPerson, type Person } from "./people.ts";

export interface Options {
  setup: Setup;
  strategy: Strategy;
  /** Variables that the starter is given beside those of its set-up. */
  environment: Record<string, string>;
  /** Whether the browser comes by lines that can be cut: `starter.lines`. */
  breakable: boolean;
  /** One for each worker, on fresh data. */
  starter: Starter;
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

  strategy: ["session", { option: true, scope: "worker" }],
  environment: [{}, { option: true, scope: "worker" }],
  breakable: [false, { option: true, scope: "worker" }],

  starter: [
    async ({ setup, strategy, environment, breakable }, use) => {
      const starter = await startStarter(setup, strategy, environment, breakable);
      await use(starter);
      await starter.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],

  baseURL: async ({ starter }, use) => use(starter.origin),

  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      const sockets = watchGivenUp(context);
      context.on("console", (message) => {
        const isBad = message.type() === "error" || message.type() === "warning";
        if (isBad && !sockets.isGivenUp(message)) {
          complaints.push(message.text());
        }
      });
      context.on("weberror", (error) => complaints.push(String(error.error())));
      await use(complaints);
      // A refused request is a line in the console too; whether it should have been is for each spec to say.
      expect(complaints.filter((text) => !text.startsWith("Failed to load resource"))).toEqual([]);
      sockets.expectReasons();
    },
    { auto: true },
  ],

  person: async ({ browser, starter }, use) => {
    await use(await makePerson(browser, starter));
  },

  mine: async ({ page, person, starter }, use) => {
    await signIn(page.context(), starter, person);
    await use(page);
  },
});

/** Makes an account of somebody who is not signed in, by the shortest way. */
export async function makePerson(browser: Browser, starter: Starter): Promise<Person> {
  const person = newPerson();
  if (!starter.services) {
    return addPerson(starter, person);
  }
  const context = await browser.newContext();
  const answer = await send(context, starter, "POST", "/api/signup", person);
  expect(answer.status()).toBe(201);
  await context.close();
  return person;
}

/** What `signIn` was given, by the context that it signed in. */
const accessTokens = new WeakMap<BrowserContext, string>();

/** Signs in without touching the screen; pages of this context have the cookie. */
export async function signIn(
  context: BrowserContext,
  starter: Starter,
  { email, password }: Person,
): Promise<void> {
  const path = `${starter.routesPrefix}/auth/login`;
  const answer = await send(context, starter, "POST", path, { email, password });
  expect(answer.status()).toBe(200);
  if (starter.strategy === "token") {
    accessTokens.set(context, (await answer.json()).access_token);
  }
}

/** One request with the page's origin and whatever else the context has to show. */
export async function send(
  context: BrowserContext,
  starter: Starter,
  method: string,
  path: string,
  data?: object,
) {
  return context.request.fetch(starter.apiOrigin + path, {
    method,
    headers: { ...(await credential(context, starter)), Origin: starter.origin },
    ...(data && { data }),
  });
}

/** The header that a request needs beside its cookies: the access token, else the CSRF token. */
export async function credential(
  context: BrowserContext,
  starter: Starter,
): Promise<Record<string, string>> {
  const token = accessTokens.get(context);
  if (token) {
    return { Authorization: `Bearer ${token}` };
  }
  const url = `${starter.apiOrigin}${starter.routesPrefix}/api/csrf-token`;
  const { csrf } = await (await context.request.get(url)).json();
  return { "X-CSRF-Token": csrf };
}

/** Writes a post without touching the screen. */
export async function write(context: BrowserContext, starter: Starter, title: string, body = "…") {
  const answer = await send(context, starter, "POST", "/api/posts", { title, body });
  expect(answer.status()).toBe(201);
  return (await answer.json()) as { id: number; title: string };
}
