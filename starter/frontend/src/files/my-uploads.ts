/** The uploads of who is signed in: sent by the package, shown in the list of files once they are there. */

import i18next from "i18next";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { withoutBase } from "../shell/base";
import { meQuery } from "../sign-in/me";
import { withLogin } from "../sign-in/sign-in-again";
import { toast } from "../ui/toast";
import { uploadsUnderWay } from "../ui/under-way";
import { purpose, putInList, unfinishedQuery } from "./files-query";
import { createUploads, type Upload } from "./uploads";

export const filesPath = "/my-files";

/**
 * Browsers open six connections to a server (HTTP/1.1). Two files in two parts each leave some for the rest of the
 * page.
 */
const atOnce = 2;
const parallel = 2;

export const myUploads = createUploads({
  atOnce,
  withLogin,
  send: (file, options) => dovetail.files.upload(file, { purpose, parallel, ...options }),
  onDone: putInList,
  onIdle({ done, failed }) {
    void queryClient.invalidateQueries(unfinishedQuery);
    if (done.length > 0) {
      toast(i18next.t("files.uploaded", { count: done.length, name: done[0]?.name }));
    }
    if (failed.length > 0 && withoutBase(window.location.pathname) !== filesPath) {
      toast(i18next.t("files.failed", { count: failed.length, name: failed[0]?.file.name }));
    }
  },
  onCount(unfinished) {
    if (uploadsUnderWay.get() === 0) {
      window.addEventListener("beforeunload", ask);
      owner = queryClient.getQueryData(meQuery.queryKey)?.login.subject;
    }
    if (unfinished === 0) {
      window.removeEventListener("beforeunload", ask);
    }
    uploadsUnderWay.set(unfinished);
  },
});

/** What this page has taken on, now or before: the server may still call it unfinished for a moment. */
const takenOn = new Set<string>();

type Named = Pick<File, "name" | "size">;

const mark = ({ name, size }: Named) => `${size} ${name.normalize()}`;

export const isTakenOn = (upload: Named): boolean => takenOn.has(mark(upload));

export function sendFiles(files: readonly File[]): void {
  for (const file of files) {
    takenOn.add(mark(file));
  }
  myUploads.add(files);
}

/** Takes a failure out of sight. What has arrived of it can be made use of later. */
export function dismiss({ id, file }: Upload): void {
  takenOn.delete(mark(file));
  myUploads.cancel(id);
  void queryClient.invalidateQueries(unfinishedQuery);
}

/** Whose uploads these are. */
let owner: string | undefined;

dovetail.on("signed-out", forget);
dovetail.on("signed-in", ({ login }) => {
  if (login?.subject !== owner) {
    forget();
  }
});

function forget(): void {
  takenOn.clear();
  myUploads.clear();
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
