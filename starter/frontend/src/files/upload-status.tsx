import { useTranslation } from "react-i18next";
import { dataRate, dataSize, timeSpan } from "../i18n/amounts";
import { useOnline } from "../ui/online";
import type { Upload } from "./uploads";

/** Bytes, rate and time left, or why nothing travels. */
export function UploadStatus({ upload }: { upload: Upload }) {
  const { t, i18n } = useTranslation();
  const online = useOnline();
  const { file, phase, loaded, rate, secondsLeft } = upload;
  const { language } = i18n;
  const size = dataSize(file.size, language);

  const parts = [
    loaded > 0 && loaded < file.size
      ? t("upload.loaded", { loaded: dataSize(loaded, language), size })
      : size,
  ];
  if (phase === "uploading") {
    if (rate > 0) {
      parts.push(dataRate(rate, language));
    }
    if (secondsLeft !== null) {
      parts.push(t("upload.left", { time: timeSpan(secondsLeft, language) }));
    }
  } else if (phase !== "failed") {
    parts.push(t(`upload.${phase === "waiting" && !online ? "offline" : phase}`));
  }
  return (
    <p className="file-facts">
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}
