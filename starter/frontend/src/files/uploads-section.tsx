import { useTranslation } from "react-i18next";
import { percent } from "../i18n/amounts";
import { myUploads } from "./my-uploads";
import { UploadRow } from "./upload-row";
import { summary } from "./uploads";

/** What is on its way, and what was refused. */
export function UploadsSection() {
  const { t } = useTranslation();
  const uploads = myUploads.list.use();
  const isSending = uploads.some(({ phase }) => phase !== "failed");
  return (
    <>
      <Announcement />
      {uploads.length > 0 && (
        <section className="files-section">
          <h2 id="uploads">{t(isSending ? "upload.heading" : "upload.headingFailed")}</h2>
          <ul className="files" aria-labelledby="uploads">
            {uploads.map((upload) => (
              <UploadRow key={upload.id} upload={upload} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** Tells screen readers of the beginning, of each quarter, and of what failed; the end is told by a toast. */
function Announcement() {
  const { t, i18n } = useTranslation();
  const done = myUploads.done();
  const { underWay, failed, share } = summary(myUploads.list.use(), done);
  const quarter = Math.min(Math.floor(share * 4), 3) / 4;
  return (
    <p className="visually-hidden" role="status">
      {underWay > 0 &&
        t("upload.announced", {
          count: done.length + underWay,
          percent: percent(quarter, i18n.language),
        })}{" "}
      {failed > 0 && t("upload.announcedFailed", { count: failed })}
    </p>
  );
}
