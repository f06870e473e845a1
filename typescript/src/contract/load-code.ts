import { NetworkError } from "./network-error.js";

/**
 * Return a function that loads code of the package at its first call, and returns the same from then on.
 *
 * A load that failed is tried again by the next call.
 *
 * @param baseUrl the API's origin, which the error names.
 * @param load imports the code with `import("…")`, so that a bundler puts it in a chunk of its own.
 * @throws NetworkError (later, with `isCode`) when the code cannot be loaded.
 */
export function loadCode<T>(baseUrl: string, load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((cause) => {
      loading = undefined;
      throw new NetworkError(new Request(baseUrl), cause, true);
    });
    return loading;
  };
}
