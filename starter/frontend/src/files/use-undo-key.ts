import { useEffect } from "react";
import { act, toasts } from "../ui/toast";

/** Ctrl+Z, or ⌘Z, does what the "Undo" of the last message does. */
export function useUndoKey(): void {
  useEffect(() => {
    const undo = (event: KeyboardEvent) => {
      const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
      const isTyping = event.target instanceof Element && event.target.matches("input, textarea");
      const offer = toasts.get().findLast(({ action }) => action);
      if (isUndo && !isTyping && offer) {
        event.preventDefault();
        act(offer);
      }
    };
    window.addEventListener("keydown", undo);
    return () => window.removeEventListener("keydown", undo);
  }, []);
}
