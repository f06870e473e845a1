import { createStore } from "./store";

export interface Toast {
  id: number;
  text: string;
}

const shownMs = 7000;

let lastId = 0;

export const toasts = createStore<readonly Toast[]>([]);

/** Says a short thing that needs no answer, on the screen and to screen readers. */
export function toast(text: string): void {
  const id = ++lastId;
  toasts.set([...toasts.get(), { id, text }]);
  setTimeout(() => dismiss(id), shownMs);
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}
