import { useTranslation } from "react-i18next";
import type { Post } from "../api/client";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { LikeButton } from "./like-button";
import "./post-counts.css";

/** What others made of a post: likes and comments. */
export function PostCounts({ post }: { post: Post }) {
  const { t } = useTranslation();
  return (
    <div className="post-counts">
      <LikeButton post={post} />
      <Link className="post-count" to={`/posts/${post.id}#comments`}>
        <Icon name="comment" />
        {t("post.comments", { count: post.comments })}
      </Link>
    </div>
  );
}
