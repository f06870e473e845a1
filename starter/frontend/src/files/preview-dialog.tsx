import type { UploadedFile } from "flask-dovetail";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { CopyLink } from "./copy-link";
import { DownloadLink } from "./download-link";
import "./preview-dialog.css";

/** A picture as large as the screen lets it be. */
export default function PreviewDialog({
  file,
  onClose,
}: {
  file: UploadedFile;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  return (
    <Dialog wide title={file.name} onClose={onClose}>
      {broken ? (
        <p role="alert">{t("files.previewFailed")}</p>
      ) : (
        <img
          className="preview"
          src={file.content_url}
          alt={file.name}
          onError={() => setBroken(true)}
        />
      )}
      <div className="dialog-actions">
        <CopyLink file={file} />
        <DownloadLink file={file} />
        <Button autoFocus onClick={onClose}>
          {t("files.close")}
        </Button>
      </div>
    </Dialog>
  );
}
