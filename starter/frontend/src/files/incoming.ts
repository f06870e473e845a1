/** Files that reach the page from outside: dropped anywhere on it, or pasted. */

import i18next from "i18next";
import { useEffect, useEffectEvent, useState } from "react";
import { toast } from "../ui/toast";

/** @returns whether somebody holds files over the page. */
export function useIncomingFiles(onFiles: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  const take = useEffectEvent(onFiles);

  useEffect(() => {
    const listening = new AbortController();
    const on = <Name extends keyof WindowEventMap>(
      name: Name,
      listener: (event: WindowEventMap[Name]) => void,
    ) => window.addEventListener(name, listener, { signal: listening.signal });

    // A file that is dropped beside its place would replace the page, and end what is under way on it.
    on("dragover", (event) => {
      if (hasFiles(event)) {
        event.preventDefault();
        setOver(true);
      }
    });
    on("dragleave", (event) => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    });
    on("drop", (event) => {
      if (hasFiles(event)) {
        event.preventDefault();
        setOver(false);
        take(dropped(event));
      }
    });
    on("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0 && !isText(event.target)) {
        event.preventDefault();
        take(files.map(named));
      }
    });
    return () => listening.abort();
  }, []);

  return isOver;
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

function dropped(event: DragEvent): File[] {
  const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
  const files = items.filter((item) => !item.webkitGetAsEntry()?.isDirectory);
  if (files.length < items.length) {
    toast(i18next.t("files.noFolders"));
  }
  return files.map((item) => item.getAsFile()).filter((file) => file !== null);
}

/** Browsers call every picture from the clipboard "image.png". */
function named(file: File): File {
  if (file.name !== "image.png") {
    return file;
  }
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  const when = local.slice(0, 19).replace("T", " ").replaceAll(":", ".");
  const name = `${i18next.t("files.pasted", { when })}.png`;
  return new File([file], name, { type: file.type, lastModified: file.lastModified });
}

function isText(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea, [contenteditable]");
}
