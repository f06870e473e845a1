import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import type { Comment, Post } from "../api/client";
import { useMe } from "../sign-in/me";
import { signInPath } from "../sign-in/return-path";
import { Button } from "../ui/button";
import { Failure } from "../ui/failure";
import { Link } from "../ui/link";
import { focusWhenBack } from "../ui/row-focus";
import { Skeleton } from "../ui/skeleton";
import { useMore } from "../ui/use-more";
import { CommentRow } from "./comment-row";
import { commentsQuery } from "./comments-query";
import { readCommentsAnew } from "./known-comments";
import "./comments-section.css";
import { Arrived, Readers, Writers } from "./company";
import { usePostRoom } from "./post-room";

const CommentForm = lazy(() => import("./comment-form"));

/** What was said about a post. What is new comes below all else, so that nothing moves that is being read. */
export function CommentsSection({ post }: { post: Post }) {
  const { t } = useTranslation();
  const me = useMe();
  const room = usePostRoom(post.id);
  // Just written here: shown at once, also while there are more to load before them.
  const [written, setWritten] = useState<readonly Comment[]>([]);
  const comments = useInfiniteQuery(commentsQuery(post.id));
  const { data, error, hasNextPage, isFetchingNextPage, isFetchNextPageError } = comments;
  const read = data?.pages.flatMap(({ items }) => items) ?? [];
  const own = written.filter(({ id }) => !read.some((comment) => comment.id === id));
  const { list, showMore } = useMore<HTMLOListElement>(read.length, comments.fetchNextPage);
  const heading = useLinkedHeading();

  function show(comment: Comment) {
    focusWhenBack(String(comment.id));
    setWritten((before) => [...before, comment]);
    readCommentsAnew(post.id);
  }

  const row = (comment: Comment) => (
    <CommentRow
      key={comment.id}
      comment={comment}
      postId={post.id}
      onDeleted={() => setWritten((before) => before.filter(({ id }) => id !== comment.id))}
    />
  );

  return (
    <section className="comments-section" aria-labelledby="comments">
      <div className="comments-head">
        <h2 ref={heading} id="comments" tabIndex={-1}>
          {t("comments.heading")} {post.comments > 0 && <span>{post.comments}</span>}
        </h2>
        <Readers people={room.readers} more={room.moreReaders} />
      </div>
      {me && (
        <div className="comment-form">
          <Suspense>
            <CommentForm postId={post.id} onWriting={room.tellWriting} onWritten={show} />
          </Suspense>
        </div>
      )}
      {me === null && (
        <p>
          <Link className="button" to={signInPath(`/posts/${post.id}#comments`)}>
            {t("comments.signIn")}
          </Link>
        </p>
      )}
      {!data && !error && <Skeleton lines={4} />}
      {data && read.length + own.length === 0 && <p>{t("comments.none")}</p>}
      {read.length + own.length > 0 && (
        <ol ref={list} className="comments" aria-labelledby="comments">
          {[
            ...read.map(row),
            hasNextPage && !isFetchNextPageError && (
              <li key="more" className="comments-more" tabIndex={-1}>
                <Button busy={isFetchingNextPage} onClick={showMore}>
                  {t(isFetchingNextPage ? "comments.loadingMore" : "comments.more")}
                </Button>
              </li>
            ),
            ...own.map(row),
          ]}
        </ol>
      )}
      {!data && error && <Failure error={error} retry={() => void comments.refetch()} />}
      {isFetchNextPageError && <Failure error={error} retry={showMore} />}
      <Writers people={room.writers} />
      <Arrived {...room.arrived} />
    </section>
  );
}

/** Who follows a link to the comments begins to read there. */
function useLinkedHeading() {
  const heading = useRef<HTMLHeadingElement>(null);
  const { hash, key } = useLocation();

  // oxlint-disable-next-line react-hooks/exhaustive-deps -- again for each time that the link is followed
  useEffect(() => {
    if (hash === "#comments") {
      heading.current?.focus({ preventScroll: true });
      heading.current?.scrollIntoView();
    }
  }, [hash, key]);

  return heading;
}
