/** The vectors of wire/vectors/, which the suites of both halves read. */
import { readFileSync } from "node:fs";
import type { Answer } from "./server.js";

/** Returns what `wire/vectors/<name>.json` holds. */
export function readVectors<File>(name: string): File {
  const url = new URL(`../../../wire/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

/** An answer as it travels. A header that is `null` is not sent. */
export interface AnswerVector {
  status: number;
  headers: Record<string, string | null>;
  body: unknown;
}

/** An answer as a test server sends it. */
export type VectorAnswer = Answer & { status: number; headers: Record<string, string> };

/** Makes the answer that a test server sends. */
export function answerOf({ status, headers, body }: AnswerVector): VectorAnswer {
  const sent = Object.entries(headers).filter((header): header is [string, string] => !!header[1]);
  return { status, headers: Object.fromEntries(sent), body };
}

/** An answer of `POST /auth/refresh`, and what a browser makes of it. */
export interface RefreshVector {
  case: string;
  name: string;
  answer: AnswerVector;
  client: {
    /** `granted`, or the code of the problem. */
    request: string;
    login: "kept" | "ended";
    tries: number;
    retryAfterSeconds?: number;
    /** `granted`, `anonymous`, or the code of the problem. */
    newPage: string;
  };
}

export const refreshVectors = readVectors<{ vectors: RefreshVector[] }>("refresh").vectors;

/** Returns the answer of that case. */
export function refreshAnswer(wanted: string): VectorAnswer {
  const vector = refreshVectors.find((each) => each.case === wanted);
  if (!vector) {
    throw new RangeError(`wire/vectors/refresh.json has no case ${wanted}.`);
  }
  return answerOf(vector.answer);
}
