import { unwrap } from "flask-dovetail";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { dovetail } from "../api/client";
import { queryClient } from "../api/query-client";
import { feedQuery } from "../feed/feed-query";
import { Page } from "../ui/page";
import { toast } from "../ui/toast";
import { Editor } from "./editor";
import { postQuery } from "./post-query";

export default function NewPostPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <div className="narrow">
      <Page title={t("editor.newHeading")}>
        <Editor
          start={{ title: "", body: "" }}
          back="/"
          labels={{ submit: t("editor.publish"), submitting: t("editor.publishing") }}
          save={async (draft) => unwrap(await dovetail.api.POST("/api/posts", { body: draft }))}
          onSaved={(post) => {
            queryClient.setQueryData(postQuery(post.id).queryKey, post);
            void queryClient.invalidateQueries(feedQuery);
            toast(t("editor.published"));
            void navigate(`/posts/${post.id}`, { replace: true });
          }}
        />
      </Page>
    </div>
  );
}
