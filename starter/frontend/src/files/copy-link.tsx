import type { UploadedFile } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { deadline } from "../i18n/deadline";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";

/** Copies an address that opens the file for whoever has it, and says for how long. */
export function CopyLink({ file }: { file: UploadedFile }) {
  const { t, i18n } = useTranslation();
  const ends = file.content_url_expires_at;

  async function copy() {
    try {
      await navigator.clipboard.writeText(file.content_url);
      const when = ends && deadline(ends, new Date(), i18n.language);
      toast(when ? t("files.copiedUntil", { when }) : t("files.copied"));
    } catch {
      toast(t("files.notCopied")); // refused, or a page without https
    }
  }

  return (
    <Button
      kind="quiet"
      aria-label={t("files.copyLabel", { name: file.name })}
      onClick={() => void copy()}
    >
      {t("files.copy")}
    </Button>
  );
}
