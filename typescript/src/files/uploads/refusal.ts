import type { Result } from "../../contract/result.js";
import type { UploadProblem } from "../types.js";

/** Thrown when the server refuses a step of an upload. It becomes the task's result. */
export class Refusal extends Error {
  readonly result: { problem: UploadProblem; response: Response };

  constructor(result: { problem: UploadProblem; response: Response }) {
    super(result.problem.code);
    this.result = result;
  }

  /** Whether the upload no longer exists: swept, given up elsewhere, or another person's. */
  get isGone(): boolean {
    return [404, 410].includes(this.result.response.status);
  }
}

/**
 * Wait for a result that carries data.
 *
 * @throws Refusal when it carries a problem.
 */
export async function requireAccepted<Data>(
  pending: Promise<Result<Data, UploadProblem>>,
): Promise<{ data: Data; response: Response }> {
  const result = await pending;
  if (result.problem) {
    throw new Refusal(result);
  }
  return { data: result.data as Data, response: result.response };
}
