import { createStore } from "./store";

export interface Toast {
  id: number;
  text: string;
  action?: ToastAction | undefined;
}

export interface ToastAction {
  label: string;
  run: () => void;
}

const shownMs = 7000;
const withActionMs = 20_000;

let lastId = 0;

export const toasts = createStore<readonly Toast[]>([]);

/**
 * Says a short thing, on the screen and to screen readers; `action` is what can be done about it.
 *
 * @returns its id.
 */
export function toast(text: string, action?: ToastAction): number {
  const id = ++lastId;
  // Said again, it is read out again, but not shown twice.
  const others = toasts.get().filter((one) => one.text !== text || one.action || isInUse(one.id));
  toasts.set([...others, { id, text, action }]);
  setTimeout(expire, action ? withActionMs : shownMs, id);
  return id;
}

export function isShown(id: number): boolean {
  return toasts.get().some((one) => one.id === id);
}

/** Whether it has the focus or the pointer: it is not to be taken from under them. */
export function isInUse(id: number): boolean {
  return document.querySelector(`#toast-${id}:is(:hover, :focus-within)`) !== null;
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}

/** Does what the last message offers, which goes then. */
export function act({ id, action }: Toast): void {
  dismiss(id);
  action?.run();
}

/** Nothing goes while somebody is about to press it. */
function expire(id: number): void {
  if (document.querySelector(".toasts:is(:hover, :focus-within)")) {
    setTimeout(expire, 2000, id);
  } else {
    dismiss(id);
  }
}
