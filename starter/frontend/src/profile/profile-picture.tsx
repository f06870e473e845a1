import { useMutation } from "@tanstack/react-query";
import { unwrap } from "flask-dovetail";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { dovetail, type Profile } from "../api/client";
import { queryClient } from "../api/query-client";
import { feedQuery } from "../feed/feed-query";
import { refusalText } from "../files/refusal";
import { percent } from "../i18n/amounts";
import { meQuery } from "../sign-in/me";
import { withLogin } from "../sign-in/sign-in-again";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";

const types = "image/jpeg,image/png,image/webp,image/avif";

/** The buttons that change one's picture and take it away. */
export function ProfilePicture({ profile }: { profile: Profile }) {
  const { t, i18n } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [share, setShare] = useState(0);

  const show = (changed: Profile) => {
    queryClient.setQueryData(meQuery.queryKey, (me) => me && { ...me, profile: changed });
    void queryClient.invalidateQueries(feedQuery); // posts show it as well
  };

  const change = useMutation({
    mutationFn: async (file: File) => {
      setShare(0);
      const picture = await withLogin(async () =>
        unwrap(
          await dovetail.files.upload(file, {
            purpose: "avatar",
            onProgress: ({ loaded, total }) => setShare(loaded / total),
          }),
        ),
      );
      const body = { file_id: picture.id };
      return withLogin(async () => unwrap(await dovetail.api.PUT("/api/profile/avatar", { body })));
    },
    onSuccess(changed) {
      show(changed);
      toast(t("picture.changed"));
    },
  });

  const remove = useMutation({
    mutationFn: () =>
      withLogin(async () => unwrap(await dovetail.api.DELETE("/api/profile/avatar"))),
    onSuccess(changed) {
      show(changed);
      toast(t("picture.removed"));
      input.current?.parentElement?.querySelector("button")?.focus();
    },
  });

  const error = change.error ?? remove.error;
  return (
    <div className="profile-picture">
      <input
        ref={input}
        hidden
        type="file"
        accept={types}
        aria-label={t("picture.choose")}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = "";
          if (file) {
            remove.reset();
            change.mutate(file);
          }
        }}
      />
      <Button busy={change.isPending} onClick={() => input.current?.click()}>
        {change.isPending
          ? t("picture.uploading", { percent: percent(share, i18n.language) })
          : t(profile.avatar ? "picture.change" : "picture.choose")}
      </Button>
      {profile.avatar && (
        <Button kind="quiet" busy={remove.isPending} onClick={() => remove.mutate()}>
          {t("picture.remove")}
        </Button>
      )}
      <p role="alert">{error && refusalText(error)}</p>
    </div>
  );
}
