import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button";
import { Failure } from "../ui/failure";
import { Notice } from "../ui/notice";
import { Skeleton } from "../ui/skeleton";
import { useMore } from "../ui/use-more";
import { FileRow } from "./file-row";
import { filesQuery } from "./files-query";
import { myUploads } from "./my-uploads";

/** The files that are there. */
export function StoredSection() {
  const { t } = useTranslation();
  const isSending = myUploads.list.use().length > 0;
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } =
    useInfiniteQuery(filesQuery);
  const files = data?.pages.flatMap(({ items }) => items) ?? [];
  const { list, showMore } = useMore<HTMLUListElement>(files.length, fetchNextPage);

  if (!data) {
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Skeleton lines={5} />;
  }
  if (files.length === 0) {
    return isSending ? null : <Notice title={t("files.emptyTitle")} text={t("files.emptyText")} />;
  }
  return (
    <section className="files-section">
      <h2 id="stored">{t("files.stored")}</h2>
      <ul ref={list} className="files" aria-labelledby="stored">
        {files.map((file) => (
          <FileRow key={file.id} file={file} />
        ))}
      </ul>
      {error && <Failure error={error} retry={showMore} />}
      {hasNextPage && !error && (
        <Button busy={isFetchingNextPage} onClick={showMore}>
          {t(isFetchingNextPage ? "files.loadingMore" : "files.more")}
        </Button>
      )}
    </section>
  );
}
