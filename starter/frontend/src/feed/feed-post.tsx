import { useId } from "react";
import type { Post } from "../api/client";
import { PostCounts } from "../posts/post-counts";
import { PostMeta } from "../posts/post-meta";
import { Link } from "../ui/link";

interface FeedPostProps {
  post: Post;
  /** From 1. */
  position: number;
  /** -1: not known yet. */
  total: number;
}

export function FeedPost({ post, position, total }: FeedPostProps) {
  const id = useId();
  return (
    <article
      className="feed-post"
      tabIndex={-1}
      aria-labelledby={`${id}title`}
      aria-describedby={`${id}text`}
      aria-posinset={position}
      aria-setsize={total}
    >
      <PostMeta post={post} />
      <h2 id={`${id}title`}>
        <Link to={`/posts/${post.id}`}>{post.title}</Link>
      </h2>
      <p id={`${id}text`}>{post.body}</p>
      <PostCounts post={post} />
    </article>
  );
}
