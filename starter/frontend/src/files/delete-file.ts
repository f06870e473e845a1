/** Deletes a file at once, and lets it be undone for a while. */

import { type UploadedFile, unwrap } from "flask-dovetail";
import i18next from "i18next";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { withLogin } from "../sign-in/sign-in-again";
import { focusWhenBack } from "../ui/row-focus";
import { toast } from "../ui/toast";
import { filesQuery, putInList, takeFromList } from "./files-query";
import { refusalText } from "./refusal";

export async function deleteFile(file: UploadedFile): Promise<void> {
  takeFromList(file.id);
  const { t } = i18next;
  try {
    await withLogin(async () =>
      unwrap(await dovetail.own.DELETE("/files/{file_id}", withId(file))),
    );
    takeFromList(file.id); // also from a list that was read meanwhile
    toast(t("files.deleted", { name: file.name }), {
      label: t("files.undo"),
      run: () => void restore(file),
    });
  } catch (error) {
    putInList(file);
    toast(refusalText(error));
    void queryClient.invalidateQueries(filesQuery);
  }
}

async function restore({ id, name }: UploadedFile): Promise<void> {
  try {
    const file = await withLogin(async () =>
      unwrap(await dovetail.own.POST("/files/{file_id}/restore", withId({ id }))),
    );
    focusWhenBack(id);
    putInList(file);
    toast(i18next.t("files.restored", { name }));
  } catch (error) {
    toast(refusalText(error));
  }
}

function withId({ id }: { id: string }) {
  return { params: { path: { file_id: id } } };
}
