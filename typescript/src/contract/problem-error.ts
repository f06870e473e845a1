import { isProblem, type Problem } from "./problem.js";
import type { Result } from "./result.js";

/** Carries a problem where only an error can be thrown: a loader, a query function, `auth.session()`. */
export class ProblemError<P extends Problem = Problem> extends Error {
  override readonly name = "ProblemError";
  readonly problem: P;

  constructor(problem: P) {
    super(`${problem.code}: ${problem.title}`);
    this.problem = problem;
  }
}

/** Whether `value` is a ProblemError; with `code`, whether its problem has that code. */
export function isProblemError<const Code extends string = string>(
  value: unknown,
  code?: Code,
): value is ProblemError<Problem<Code>> {
  return value instanceof ProblemError && (code === undefined || isProblem(value.problem, code));
}

/**
 * Return the data of a result.
 *
 * @throws ProblemError when the server answered with a problem.
 */
export function unwrap<Data>(result: Result<Data, Problem>): Data {
  if (result.problem) {
    throw new ProblemError(result.problem);
  }
  return result.data as Data;
}
