import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../ui/icon";
import "./drop-zone.css";
import { useIncomingFiles } from "./incoming";

/** The button that opens the picker. Files can be dropped and pasted anywhere on the screen; it shows that, too. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const isOver = useIncomingFiles(onFiles);

  return (
    <>
      <input
        ref={input}
        hidden
        type="file"
        multiple
        aria-label={t("files.choose")}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // the same file may be chosen again
        }}
      />
      <button
        type="button"
        id="drop-zone"
        className="drop-zone"
        data-over={isOver || undefined}
        onClick={() => input.current?.click()}
      >
        <span className="drop-zone-board" aria-hidden="true">
          <Icon name="upload" />
        </span>
        <span className="drop-zone-words">
          <span className="button" data-kind="primary">
            {t(isOver ? "files.letGo" : "files.choose")}
          </span>
          <span className="drop-zone-hint">{t("files.orDrop")}</span>
        </span>
      </button>
    </>
  );
}
