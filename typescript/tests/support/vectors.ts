/** The vectors of wire/vectors/, which the suites of both halves read. */
import { readFileSync } from "node:fs";
import type { Ticket, UploadedFile } from "../../src/files/types.js";
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

function caseOf<Vector extends { case: string }>(vectors: Vector[], wanted: string): Vector {
  const vector = vectors.find((each) => each.case === wanted);
  if (!vector) {
    throw new RangeError(`The vectors have no case ${wanted}.`);
  }
  return vector;
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
  return answerOf(caseOf(refreshVectors, wanted).answer);
}

/** An upload as it travels. */
export interface TicketVector {
  case: string;
  name: string;
  /** The body of the announcement. Every byte of the file is the letter a. */
  announced: { name: string; content_type: string; size: number; fingerprint: string };
  /** The parts that an earlier page has sent. */
  arrived: number[];
  /** The list in which the earlier page's upload is found. */
  found?: AnswerVector & { body: { items: object[] } };
  ticket: AnswerVector & { body: Ticket };
  commit: { parts: { number: number; sha256: string }[] };
  file: AnswerVector & { body: UploadedFile };
}

/** The requests of an upload. */
export type UploadStep = "find" | "announce" | "put" | "status" | "commit";

/** A refusal on the way of the first ticket's file. */
export interface RefusalVector {
  case: string;
  name: string;
  /** The request that is refused once. */
  at: UploadStep;
  answer: AnswerVector;
  client: {
    requests: UploadStep[];
    retryAfterSeconds?: number;
    /** `file`, or the code of the problem. */
    result: string;
  };
}

export const uploadVectors = readVectors<{
  tickets: [TicketVector, ...TicketVector[]];
  refusals: RefusalVector[];
}>("upload-tickets");

/** Returns the refusal of that case. */
export function uploadRefusal(wanted: string): VectorAnswer {
  return answerOf(caseOf(uploadVectors.refusals, wanted).answer);
}

/** A conversation over a socket, step by step. */
export interface FramesVector {
  case: string;
  name: string;
  strategy: "session" | "token";
  steps: FrameStep[];
}

/** One of these: see `about` in the file. */
export interface FrameStep {
  page?: [call: string, ...args: unknown[]];
  sent?: string;
  app?: [event: string, ...args: unknown[]];
  answered?: string;
  heard?: unknown[][];
  lost?: true;
}

export const frameVectors = readVectors<{ vectors: FramesVector[] }>("socket-frames").vectors;

/** Returns the data of an event that the server sends in that vector; without `event`, that of its acknowledgement. */
export function answeredBody(wanted: string, event?: string): object {
  const head = event ? `42/[^,]+,\\["${event}",` : "43/[^,]+,\\d+\\[";
  const { steps } = caseOf(frameVectors, wanted);
  const [, body] =
    steps
      .map(({ answered = "" }) => new RegExp(`^${head}(.*)\\]$`).exec(answered))
      .find((found) => found) ?? [];
  return JSON.parse(body ?? "");
}
