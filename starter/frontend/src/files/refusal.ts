/** What to tell people about a file that was not taken: decided by the code, never by its `detail`. */

import { isProblemError, isUnreadableFileError, type UploadProblem } from "flask-dovetail";
import i18next from "i18next";
import { problemKey } from "../api/problem-key";
import { dataSize } from "../i18n/amounts";
import type filesEn from "./en.json";

type RefusalCode = keyof (typeof filesEn)["refusal"];

/** Whether sending the same file again may end otherwise. */
const refusals: Record<RefusalCode, { again: boolean }> = {
  FILE_TOO_LARGE: { again: false },
  FILE_TYPE_NOT_ALLOWED: { again: false },
  FILE_TYPE_MISMATCH: { again: false },
  FILE_REJECTED: { again: false },
  INVALID_NAME: { again: false },
  QUOTA_EXCEEDED: { again: true },
  STORAGE_FULL: { again: true },
  CHECKSUM_MISMATCH: { again: true },
  UNREADABLE: { again: true },
};

export function refusalText(error: unknown): string {
  const code = refusalCode(error);
  return code ? i18next.t(`refusal.${code}`, membersOf(error)) : i18next.t(problemKey(error));
}

export function maySendAgain(error: unknown): boolean {
  const code = refusalCode(error);
  return code ? refusals[code].again : !isProblemError(error, "FORBIDDEN");
}

function refusalCode(error: unknown): RefusalCode | undefined {
  if (isProblemError(error)) {
    const { code, errors = [] } = error.problem;
    const isName = errors.some(({ pointer }) => pointer === "/body/name");
    const meant = isName ? "INVALID_NAME" : code;
    return Object.hasOwn(refusals, meant) ? (meant as RefusalCode) : undefined;
  }
  return isUnreadableFileError(error) ? "UNREADABLE" : undefined;
}

/** The limits that a problem names, in words. */
function membersOf(error: unknown): { limit: string; types: string } {
  const { max_bytes: limit = 0, types = [] } = isProblemError(error)
    ? (error.problem as UploadProblem)
    : {};
  const { language } = i18next;
  const names = types.map((type) => type.replace(/^.*\//, "").toUpperCase());
  return {
    limit: dataSize(limit, language),
    types: new Intl.ListFormat(language, { type: "disjunction" }).format(names),
  };
}
