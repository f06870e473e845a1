import type { UploadedFile } from "flask-dovetail";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { dataSize } from "../i18n/amounts";
import { Button } from "../ui/button";
import { Moment } from "../ui/moment";
import { useRowFocus } from "../ui/row-focus";
import { CopyLink } from "./copy-link";
import { deleteFile } from "./delete-file";
import { DownloadLink } from "./download-link";
import { FileMark, isPicture } from "./file-mark";

const loadPreview = () => import("./preview-dialog");
const PreviewDialog = lazy(loadPreview);

/** A file that is there: what it is, and what can be done with it. */
export function FileRow({ file }: { file: UploadedFile }) {
  const { t, i18n } = useTranslation();
  const row = useRowFocus("drop-zone", file.id);
  const [isOpen, setOpen] = useState(false);
  const { name, size, content_type: contentType } = file;
  return (
    <li ref={row} tabIndex={-1} className="file">
      <FileMark name={name} contentType={contentType} src={file.content_url} size={size} />
      <div className="file-words">
        <p className="file-name">
          {isPicture(contentType) ? (
            <button
              type="button"
              className="file-open"
              aria-label={t("files.previewLabel", { name })}
              onPointerEnter={() => void loadPreview()}
              onFocus={() => void loadPreview()}
              onClick={() => setOpen(true)}
            >
              {name}
            </button>
          ) : (
            name
          )}
        </p>
        <p className="file-facts">
          <span>{dataSize(size, i18n.language)}</span>
          <Moment at={file.created_at} />
        </p>
      </div>
      <div className="file-actions">
        <CopyLink file={file} />
        <DownloadLink file={file} />
        <Button
          kind="quiet"
          aria-label={t("files.deleteLabel", { name })}
          onClick={() => void deleteFile(file)}
        >
          {t("files.delete")}
        </Button>
      </div>
      {isOpen && (
        <Suspense>
          <PreviewDialog file={file} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </li>
  );
}
