import { useQuery } from "@tanstack/react-query";
import { isProblemError, unwrap } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { feedQuery } from "../feed/feed-query";
import { Failure } from "../ui/failure";
import { Page } from "../ui/page";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";
import { Editor } from "./editor";
import { PostMissing } from "./post-missing";
import { postQuery } from "./post-query";

export default function EditPostPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const id = Number(useParams().postId);
  const { data: post, error, refetch } = useQuery(postQuery(id));
  const address = `/posts/${id}`;

  if (isProblemError(error, "NOT_FOUND")) {
    return <PostMissing />;
  }
  return (
    <div className="narrow">
      <Page title={t("editor.editHeading")}>
        {post && (
          <Editor
            start={{ title: post.title, body: post.body }}
            back={address}
            labels={{ submit: t("editor.save"), submitting: t("editor.saving") }}
            save={async (draft) =>
              unwrap(
                await dovetail.api.PATCH("/api/posts/{post_id}", {
                  params: { path: { post_id: id } },
                  body: draft,
                }),
              )
            }
            onSaved={(changed) => {
              queryClient.setQueryData(postQuery(id).queryKey, changed);
              void queryClient.invalidateQueries(feedQuery);
              toast(t("editor.saved"));
              void navigate(address, { replace: true });
            }}
          />
        )}
        {!post && error && <Failure error={error} retry={() => void refetch()} />}
        {!post && !error && <Skeleton lines={7} />}
      </Page>
    </div>
  );
}
