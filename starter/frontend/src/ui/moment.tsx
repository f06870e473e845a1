import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { calendarDay, exactMoment, relativeMoment } from "../i18n/moments";

interface MomentProps {
  /** A moment in UTC, ISO 8601. */
  at: string;
  /** "relative": how long ago (default); "day": the date. */
  as?: "relative" | "day";
}

/** A moment in the reader's language and time zone, kept fresh. Under the pointer, it is told exactly. */
export function Moment({ at, as = "relative" }: MomentProps) {
  const { i18n } = useTranslation();
  const minute = useSyncExternalStore(eachMinute, thisMinute);
  const text =
    as === "day"
      ? calendarDay(at, i18n.language)
      : relativeMoment(at, new Date(minute), i18n.language);
  return (
    <time
      dateTime={at}
      onPointerEnter={({ currentTarget }) => {
        currentTarget.title = exactMoment(at, i18n.language);
      }}
    >
      {text}
    </time>
  );
}

function thisMinute(): number {
  return Math.floor(Date.now() / 60_000) * 60_000;
}

function eachMinute(changed: () => void): () => void {
  const timer = setInterval(changed, 60_000);
  return () => clearInterval(timer);
}
