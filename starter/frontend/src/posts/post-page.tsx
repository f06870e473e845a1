import { useQuery } from "@tanstack/react-query";
import { isProblemError } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import type { Post } from "../api/client";
import { CommentsSection } from "../comments/comments-section";
import { useMe } from "../sign-in/me";
import { Failure } from "../ui/failure";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { Page } from "../ui/page";
import { Skeleton } from "../ui/skeleton";
import { DeletePost } from "./delete-post";
import { LikeButton } from "./like-button";
import "./post-counts.css";
import { PostMeta } from "./post-meta";
import { PostMissing } from "./post-missing";
import "./post-page.css";
import { postQuery } from "./post-query";

export default function PostPage() {
  const { t } = useTranslation();
  const id = Number(useParams().postId);
  const { data, error, refetch } = useQuery(postQuery(id));

  if (isProblemError(error, "NOT_FOUND")) {
    return <PostMissing />;
  }
  return (
    <article className="post">
      <Link className="post-back" to="/">
        <Icon name="back" />
        {t("post.back")}
      </Link>
      {data && (
        <>
          <WholePost post={data} />
          <CommentsSection key={id} post={data} />
        </>
      )}
      {!data && error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={7} />}
    </article>
  );
}

function WholePost({ post }: { post: Post }) {
  const { t } = useTranslation();
  const staff = useMe()?.login.roles.includes("staff");
  return (
    <Page title={post.title} beside={<PostMeta post={post} />}>
      <p className="post-body">{post.body}</p>
      <div className="post-actions">
        <div className="post-counts">
          <LikeButton post={post} />
        </div>
        {(post.mine || staff) && (
          <>
            <Link className="button" to={`/posts/${post.id}/edit`}>
              {t("post.edit")}
            </Link>
            <DeletePost post={post} />
          </>
        )}
      </div>
    </Page>
  );
}
