import { useMutation } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import i18next from "i18next";
import { dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { queryClient } from "../api/query-client";
import { withLogin } from "../sign-in/sign-in-again";
import { toast } from "../ui/toast";
import { changePost } from "./post-query";

const likeKey = (id: number) => ["like", id];

/** Whether one's own like of the post is on its way. */
export function isLiking(id: number): boolean {
  return queryClient.isMutating({ mutationKey: likeKey(id) }) > 0;
}

/** Likes a post, or no more: shown at once, and taken back when it fails. */
export function useLike(id: number): (liked: boolean) => void {
  const address = { params: { path: { post_id: id } } };
  const isLast = () => queryClient.isMutating({ mutationKey: likeKey(id) }) === 1;

  return useMutation({
    mutationKey: likeKey(id),
    scope: { id: `like-${id}` }, // one after the other, so that the last press counts
    mutationFn: (liked: boolean) =>
      withLogin(async () =>
        unwrap(
          liked
            ? await dovetail.api.PUT("/api/posts/{post_id}/like", address)
            : await dovetail.api.DELETE("/api/posts/{post_id}/like", address),
        ),
      ),
    onMutate: (liked) => showLike(id, liked),
    onSuccess: (answer) => {
      if (isLast()) {
        changePost(id, (post) => ({ ...post, ...answer }));
      }
    },
    onError: (error, liked) => {
      if (isLast()) {
        showLike(id, !liked);
      }
      toast(i18next.t(problemKey(error)));
    },
  }).mutate;
}

function showLike(id: number, liked: boolean): void {
  changePost(id, (post) =>
    post.liked === liked ? post : { ...post, liked, likes: post.likes + (liked ? 1 : -1) },
  );
}
