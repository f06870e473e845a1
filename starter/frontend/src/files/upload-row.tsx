import { useTranslation } from "react-i18next";
import { percent } from "../i18n/amounts";
import { Button } from "../ui/button";
import { useRowFocus } from "../ui/row-focus";
import { FileMark } from "./file-mark";
import { dismiss, myUploads } from "./my-uploads";
import { ProgressBar } from "./progress-bar";
import { maySendAgain, refusalText } from "./refusal";
import { UploadStatus } from "./upload-status";
import type { Upload } from "./uploads";

/** A file on its way, or one that was refused: how far it is, and what can be done about it. */
export function UploadRow({ upload }: { upload: Upload }) {
  const { t, i18n } = useTranslation();
  const row = useRowFocus("drop-zone");
  const { id, file, phase } = upload;
  const { name, size } = file;
  const failed = phase === "failed";
  const share = size === 0 ? 0 : upload.loaded / size;
  const action = failed ? "retry" : phase === "paused" ? "resume" : "pause";
  const ending = failed ? "remove" : "cancel";
  return (
    <li ref={row} tabIndex={-1} className="file" data-phase={phase}>
      <FileMark name={name} contentType={file.type} size={size} />
      <div className="file-words">
        <p className="file-name">{name}</p>
        {failed ? (
          <p className="file-refused">{refusalText(upload.error)}</p>
        ) : (
          <>
            <ProgressBar
              label={name}
              share={share}
              text={percent(share, i18n.language)}
              resting={phase !== "uploading" && phase !== "committing"}
            />
            <UploadStatus upload={upload} />
          </>
        )}
      </div>
      <div className="file-actions">
        {/* One button, so that it keeps the focus when it becomes another. */}
        {(!failed || maySendAgain(upload.error)) && (
          <Button
            busy={phase === "committing" || phase === "hashing"}
            aria-label={t(`upload.${action}Label`, { name })}
            onClick={() => myUploads[action](id)}
          >
            {t(`upload.${action}`)}
          </Button>
        )}
        <Button
          kind="quiet"
          aria-label={t(`upload.${ending}Label`, { name })}
          onClick={() => (failed ? dismiss(upload) : myUploads.cancel(id))}
        >
          {t(`upload.${ending}`)}
        </Button>
      </div>
    </li>
  );
}
