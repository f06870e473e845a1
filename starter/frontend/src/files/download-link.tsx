import type { UploadedFile } from "flask-dovetail";
import { useTranslation } from "react-i18next";

/** Saves the file on the person's device. */
export function DownloadLink({ file }: { file: UploadedFile }) {
  const { t } = useTranslation();
  const { name } = file;
  const address = new URL(file.content_url);
  address.searchParams.set("download", "1");
  return (
    <a
      className="button"
      data-kind="quiet"
      href={address.href}
      download={name}
      aria-label={t("files.downloadLabel", { name })}
    >
      {t("files.download")}
    </a>
  );
}
