import { useSyncExternalStore } from "react";

export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  /** The value, as a hook: the component follows it. */
  use(): Value;
}

/** One value that code outside of React changes and components follow. */
export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const watchers = new Set<() => void>();

  const get = () => value;
  const watch = (changed: () => void) => {
    watchers.add(changed);
    return () => watchers.delete(changed);
  };

  return {
    get,
    set(next) {
      value = next;
      for (const changed of watchers) {
        changed();
      }
    },
    use: () => useSyncExternalStore(watch, get),
  };
}
