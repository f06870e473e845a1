import { useTranslation } from "react-i18next";
import type { Post } from "../api/client";
import { useMe } from "../sign-in/me";
import { signInPath } from "../sign-in/return-path";
import { Icon } from "../ui/icon";
import { Link } from "../ui/link";
import { useLike } from "./like-post";

/** How many like the post, and whether one does oneself. Visitors sign in first. */
export function LikeButton({ post }: { post: Post }) {
  const { t } = useTranslation();
  const me = useMe();
  const like = useLike(post.id);
  const face = (
    <>
      <Icon name="heart" />
      {t("post.like")} {post.likes > 0 && <span>{post.likes}</span>}
    </>
  );
  return me === null ? (
    <Link className="post-count" to={signInPath(`/posts/${post.id}`)}>
      {face} <span className="visually-hidden">({t("shell.signIn")})</span>
    </Link>
  ) : (
    <button
      type="button"
      className="post-count"
      aria-pressed={post.liked}
      onClick={() => like(!post.liked)}
    >
      {face}
    </button>
  );
}
