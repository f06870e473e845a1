import { useMutation } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Comment, dovetail } from "../api/client";
import { problemKey } from "../api/problem-key";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { readCommentsAnew, takeFromComments } from "./known-comments";

const loadDialog = () => import("../ui/confirm-dialog");
const ConfirmDialog = lazy(loadDialog);

interface DeleteCommentProps {
  comment: Comment;
  postId: number;
  /** Just before it goes from the list. */
  onDeleted: () => void;
}

/** The delete button, and the question before it does anything. */
export function DeleteComment({ comment, postId, onDeleted }: DeleteCommentProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);

  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      withLogin(async () =>
        unwrap(
          await dovetail.api.DELETE("/api/comments/{comment_id}", {
            params: { path: { comment_id: comment.id } },
          }),
        ),
      ),
    onSuccess: () => {
      onDeleted();
      takeFromComments(postId, comment.id);
      readCommentsAnew(postId);
      toast(t("comments.deleted"));
    },
    onError: (error) => {
      readCommentsAnew(postId); // it may be gone already
      toast(t(problemKey(error)));
    },
  });

  return (
    <>
      <Button
        kind="quiet"
        busy={isPending}
        aria-label={
          comment.mine
            ? t("comments.deleteYours")
            : t("comments.deleteLabel", { name: comment.author.name })
        }
        onPointerEnter={() => void loadDialog()}
        onFocus={() => void loadDialog()}
        onClick={() => setAsking(true)}
      >
        {t(isPending ? "post.deleting" : "post.delete")}
      </Button>
      {asking && (
        <Suspense>
          <ConfirmDialog
            title={t("comments.deleteTitle")}
            text={t("comments.deleteText")}
            confirm={t("post.delete")}
            cancel={t("editor.cancel")}
            onConfirm={() => {
              setAsking(false); // the focus goes back to the row before that is gone
              mutate();
            }}
            onCancel={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}
