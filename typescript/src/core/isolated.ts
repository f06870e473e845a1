/**
 * Run a callback of the page so that its error stops neither other callbacks nor the package.
 *
 * The error is reported like any uncaught one.
 */
export function isolated(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Call every listener with the same arguments, each isolated from the others.
 *
 * @param listeners a copy, so that a listener that subscribes during the call is not called until the next one.
 */
export function callEach<Args extends unknown[]>(
  listeners: readonly ((...args: Args) => void)[],
  ...args: Args
): void {
  for (const listener of listeners) {
    isolated(() => listener(...args));
  }
}
