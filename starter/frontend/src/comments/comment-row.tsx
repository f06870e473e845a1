import { useTranslation } from "react-i18next";
import type { Comment } from "../api/client";
import { useMe } from "../sign-in/me";
import { Avatar } from "../ui/avatar";
import { Moment } from "../ui/moment";
import { useRowFocus } from "../ui/row-focus";
import { DeleteComment } from "./delete-comment";

interface CommentRowProps {
  comment: Comment;
  postId: number;
  onDeleted: () => void;
}

export function CommentRow({ comment, postId, onDeleted }: CommentRowProps) {
  const { t } = useTranslation();
  const row = useRowFocus("comments", String(comment.id));
  const staff = useMe()?.login.roles.includes("staff");

  function leave() {
    if (document.activeElement === document.body) {
      row.current?.focus(); // the dialog has not given the focus back yet
    }
    onDeleted();
  }

  return (
    <li ref={row} tabIndex={-1} className="comment">
      <Avatar person={comment.author} />
      <div className="comment-words">
        <p className="comment-facts">
          <strong>{comment.author.name}</strong>
          <Moment at={comment.created_at} />
          {comment.mine && <span className="tag">{t("comments.yours")}</span>}
        </p>
        <p className="comment-text">{comment.text}</p>
      </div>
      {(comment.mine || staff) && (
        <DeleteComment comment={comment} postId={postId} onDeleted={leave} />
      )}
    </li>
  );
}
