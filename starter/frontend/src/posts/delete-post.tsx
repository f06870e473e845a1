import { useMutation } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { dovetail, type Post } from "../api/client";
import { problemKey } from "../api/problem-key";
import { queryClient } from "../api/query-client";
import { feedQuery } from "../feed/feed-query";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { postQuery } from "./post-query";

const loadDialog = () => import("../ui/confirm-dialog");
const ConfirmDialog = lazy(loadDialog);

/** The delete button, and the question before it does anything. */
export function DeletePost({ post }: { post: Post }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);

  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      withLogin(async () =>
        unwrap(
          await dovetail.api.DELETE("/api/posts/{post_id}", {
            params: { path: { post_id: post.id } },
          }),
        ),
      ),
    onSuccess: async () => {
      await navigate("/");
      queryClient.removeQueries(postQuery(post.id));
      void queryClient.invalidateQueries(feedQuery);
      toast(t("post.deleted"));
    },
    onError: (error) => {
      setAsking(false);
      toast(t(problemKey(error)));
    },
  });

  return (
    <>
      <Button
        kind="danger"
        onPointerEnter={() => void loadDialog()}
        onFocus={() => void loadDialog()}
        onClick={() => setAsking(true)}
      >
        {t("post.delete")}
      </Button>
      {asking && (
        <Suspense>
          <ConfirmDialog
            title={t("post.deleteTitle")}
            text={t("post.deleteText", { title: post.title })}
            confirm={isPending ? t("post.deleting") : t("post.delete")}
            cancel={t("editor.cancel")}
            busy={isPending}
            onConfirm={() => mutate()}
            onCancel={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}
