import { useMutation, useQuery } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { dovetail, type UnfinishedUpload } from "../api/client";
import { queryClient } from "../api/query-client";
import { dataSize, percent } from "../i18n/amounts";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { Moment } from "../ui/moment";
import { useRowFocus } from "../ui/row-focus";
import { toast } from "../ui/toast";
import { FileMark } from "./file-mark";
import { arrivedQuery, unfinishedQuery } from "./files-query";
import { sendFiles } from "./my-uploads";
import { refusalText } from "./refusal";

/** An upload that was cut off. Only the person can open the file again: browsers forget it with the page. */
export function UnfinishedRow({ upload }: { upload: UnfinishedUpload }) {
  const { t, i18n } = useTranslation();
  const row = useRowFocus("drop-zone");
  const input = useRef<HTMLInputElement>(null);
  const [isOther, setOther] = useState(false);
  const { data: arrived = 0 } = useQuery(arrivedQuery(upload.key));
  const { name, size } = upload;
  const { language } = i18n;

  const discard = useMutation({
    mutationFn: () =>
      withLogin(async () =>
        unwrap(
          await dovetail.own.DELETE("/files/upload/{key}", {
            params: { path: { key: upload.key } },
          }),
        ),
      ),
    onError: (error) => toast(refusalText(error)),
    onSettled: () => queryClient.invalidateQueries(unfinishedQuery),
  });

  function goOn(file: File): void {
    const isSame = file.name.normalize() === name && file.size === size;
    setOther(!isSame);
    if (isSame) {
      sendFiles([file]);
    }
  }

  return (
    <li ref={row} tabIndex={-1} className="file">
      <FileMark name={name} contentType={upload.content_type} size={size} />
      <div className="file-words">
        <p className="file-name">{name}</p>
        <p className="file-facts">
          <span>{dataSize(size, language)}</span>
          {arrived > 0 && (
            <span>{t("unfinished.arrived", { percent: percent(arrived, language) })}</span>
          )}
          <Moment at={upload.created_at} />
        </p>
        <div role="alert">
          {isOther && (
            <p className="file-refused">
              {t("unfinished.other", { name, size: dataSize(size, language) })}
            </p>
          )}
        </div>
      </div>
      <div className="file-actions">
        <input
          ref={input}
          hidden
          type="file"
          aria-label={t("unfinished.chooseLabel", { name })}
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            currentTarget.value = "";
            if (file) {
              goOn(file);
            }
          }}
        />
        <Button
          aria-label={t("unfinished.chooseLabel", { name })}
          onClick={() => input.current?.click()}
        >
          {t("unfinished.choose")}
        </Button>
        <Button
          kind="quiet"
          busy={discard.isPending}
          aria-label={t("unfinished.discardLabel", { name })}
          onClick={() => discard.mutate()}
        >
          {t("unfinished.discard")}
        </Button>
      </div>
    </li>
  );
}
