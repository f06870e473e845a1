import type { ReactNode } from "react";
import "./board.css";

interface BoardProps {
  title: string;
  text: string;
  children: ReactNode;
}

/** Two boards joined along an edge: words of welcome on one, a form on the other. */
export function Board({ title, text, children }: BoardProps) {
  return (
    <div className="boards">
      <div className="boards-words">
        <p>{title}</p>
        <p>{text}</p>
      </div>
      <div className="boards-form">{children}</div>
    </div>
  );
}
