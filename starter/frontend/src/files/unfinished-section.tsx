import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { unfinishedQuery } from "./files-query";
import { isTakenOn, myUploads } from "./my-uploads";
import { UnfinishedRow } from "./unfinished-row";

/** Uploads that a closed tab, a reload or a crash has cut off. */
export function UnfinishedSection() {
  const { t } = useTranslation();
  const { data = [] } = useQuery(unfinishedQuery);
  myUploads.list.use(); // what is taken on changes with it
  const cutOff = data.filter((upload) => !isTakenOn(upload));
  if (cutOff.length === 0) {
    return null;
  }
  return (
    <section className="files-section">
      <h2 id="unfinished">{t("unfinished.heading")}</h2>
      <p>{t("unfinished.text")}</p>
      <ul className="files" aria-labelledby="unfinished">
        {cutOff.map((upload) => (
          <UnfinishedRow key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  );
}
