import { callEach } from "../../core/isolated.js";
import type { Subscription, Subscriptions } from "./subscriptions.js";

/** The listeners of the page. */
export interface Listeners {
  /** Returns the present subscriptions to an event. */
  of(path: string, name: string): Subscription[];
  /** Calls the listeners of an event. */
  call(path: string, name: string, ...args: unknown[]): void;
}

/** Find and call the listeners of `subscriptions`. */
export function createListeners({ listeners }: Subscriptions): Listeners {
  const of = (path: string, name: string) =>
    [...listeners].filter((each) => each.path === path && each.name === name);
  return {
    of,
    call(path, name, ...args) {
      callEach(
        of(path, name).map(({ listener }) => listener),
        ...(args as never[]),
      );
    },
  };
}
