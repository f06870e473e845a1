import { useInfiniteQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button";
import { Failure } from "../ui/failure";
import { Joint } from "../ui/joint";
import { Link } from "../ui/link";
import { Notice } from "../ui/notice";
import { Skeleton } from "../ui/skeleton";
import "./feed.css";
import { FeedPost } from "./feed-post";
import { feedQuery } from "./feed-query";
import { NewPosts } from "./new-posts";
import { useReached } from "./use-reached";

/** The endless list. The next page loads while the end draws near; a button does the same by hand. */
export function Feed() {
  const { t } = useTranslation();
  const feed = useInfiniteQuery(feedQuery);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = feed;
  const end = useRef<HTMLDivElement>(null);
  const loadMore = () => void fetchNextPage();
  useReached(end, hasNextPage && !isFetchingNextPage && !isFetchNextPageError, loadMore);

  if (feed.isPending) {
    return <FeedSkeleton />;
  }
  if (feed.isError && !feed.data) {
    return <Failure error={feed.error} retry={() => void feed.refetch()} />;
  }

  const posts = feed.data.pages.flatMap(({ items }) => items);
  if (posts.length === 0) {
    return (
      <>
        <NewPosts known={posts} />
        <Notice title={t("feed.emptyTitle")} text={t("feed.emptyText")}>
          <Link className="button" data-kind="primary" to="/posts/new">
            {t("shell.newPost")}
          </Link>
        </Notice>
      </>
    );
  }

  return (
    <>
      <NewPosts known={posts} />
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the ARIA feed pattern has keys */}
      <div
        className="feed"
        role="feed"
        aria-label={t("feed.label")}
        aria-busy={isFetchingNextPage}
        onKeyDown={movePostByPost}
      >
        {posts.map((post, index) => (
          <FeedPost
            key={post.id}
            post={post}
            position={index + 1}
            total={hasNextPage ? -1 : posts.length}
          />
        ))}
      </div>
      <p className="visually-hidden" role="status">
        {feed.data.pages.length > 1 && t("feed.loaded", { count: posts.length })}
      </p>
      <div className="feed-end" ref={end}>
        {isFetchNextPageError && <Failure error={feed.error} retry={loadMore} />}
        {hasNextPage && !isFetchNextPageError && (
          <Button busy={isFetchingNextPage} onClick={loadMore}>
            {isFetchingNextPage ? t("feed.loadingMore") : t("feed.more")}
          </Button>
        )}
        {!hasNextPage && (
          <>
            <Joint />
            <p>{t("feed.end")}</p>
          </>
        )}
      </div>
    </>
  );
}

function FeedSkeleton() {
  const { t } = useTranslation();
  return (
    <div className="feed">
      <p className="visually-hidden" role="status">
        {t("feed.loading")}
      </p>
      {[4, 3, 5].map((lines) => (
        <div className="feed-post" key={lines}>
          <Skeleton lines={lines} />
        </div>
      ))}
    </div>
  );
}

/** Page Down and Page Up go from post to post, as the ARIA feed pattern asks. */
function movePostByPost(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { PageDown: 1, PageUp: -1 }[event.key];
  const posts = [...event.currentTarget.querySelectorAll<HTMLElement>("article")];
  const here = posts.findIndex((post) => post.contains(document.activeElement));
  const next = step !== undefined && here >= 0 ? posts[here + step] : undefined;
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
