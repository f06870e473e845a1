import type { UploadedFile } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { contentAddress } from "./content-address";

/** Saves the file on the person's device. */
export function DownloadLink({ file }: { file: UploadedFile }) {
  const { t } = useTranslation();
  const { name } = file;
  return (
    <a
      className="button"
      data-kind="quiet"
      href={contentAddress(file, { download: true })}
      download={name}
      aria-label={t("files.downloadLabel", { name })}
    >
      {t("files.download")}
    </a>
  );
}
