import { useTranslation } from "react-i18next";
import type { Post } from "../api/client";
import { Avatar } from "../ui/avatar";
import { Moment } from "../ui/moment";
import "./post-meta.css";

/** Who wrote it, and when. */
export function PostMeta({ post }: { post: Post }) {
  const { t } = useTranslation();
  return (
    <div className="post-meta">
      <Avatar person={post.author} />
      <p>
        <span className="visually-hidden">{t("post.by", { name: post.author.name })}</span>
        <strong aria-hidden="true">{post.author.name}</strong>
        <Moment at={post.created_at} />
        {post.edited_at && <span>{t("post.edited")}</span>}
        {post.mine && <span className="tag">{t("post.yours")}</span>}
      </p>
    </div>
  );
}
