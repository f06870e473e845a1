import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Post } from "../api/client";
import { problemKey } from "../api/problem-key";
import { newPosts } from "../live/state";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { showNewest } from "./feed-query";
import "./new-posts.css";

/** What others published meanwhile: nothing that is read moves until somebody asks for it. */
export function NewPosts({ known }: { known: readonly Post[] }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const count = newPosts.use().filter((id) => !known.some((post) => post.id === id)).length;

  async function show() {
    const shown = newPosts.get();
    setBusy(true);
    try {
      await showNewest();
      newPosts.set(newPosts.get().filter((id) => !shown.includes(id)));
      setTimeout(focusNewest); // once it is drawn
    } catch (error) {
      toast(t(problemKey(error)));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="new-posts" role="status">
      {count > 0 && (
        <Button kind="maple" busy={busy} onClick={() => void show()}>
          {t("feed.new", { count })}
        </Button>
      )}
    </div>
  );
}

function focusNewest(): void {
  document.querySelector<HTMLElement>(".feed-post")?.focus();
}
