/** Tells the page's listeners. */
import { isolated } from "../isolated.js";
import type { Subscription, Wishes } from "./wishes.js";

export interface Teller {
  /** Those who listen to that, now. */
  of(path: string, name: string): Subscription[];
  tell(path: string, name: string, ...told: unknown[]): void;
}

export function createTeller({ subscriptions }: Wishes): Teller {
  // A copy: who subscribes while something is told waits for the next.
  const of = (path: string, name: string) =>
    [...subscriptions].filter((each) => each.path === path && each.name === name);
  return {
    of,
    tell(path, name, ...told) {
      for (const { listener } of of(path, name)) {
        isolated(() => listener(...(told as never[])));
      }
    },
  };
}
