/** The server's refusal, thrown to where it becomes the task's result. */
import type { Result } from "../contract/result.js";
import type { UploadProblem } from "./upload.js";

export class Refused extends Error {
  readonly result: { problem: UploadProblem; response: Response };

  constructor(result: { problem: UploadProblem; response: Response }) {
    super(result.problem.code);
    this.result = result;
  }

  /** The upload is no more: swept, given up elsewhere, or not one's own. */
  get isGone(): boolean {
    return [404, 410].includes(this.result.response.status);
  }
}

/** @throws Refused */
export async function accepted<Data>(
  pending: Promise<Result<Data, UploadProblem>>,
): Promise<{ data: Data; response: Response }> {
  const result = await pending;
  if (result.problem) {
    throw new Refused(result);
  }
  return { data: result.data as Data, response: result.response };
}
