/** What a call resolves to, with the types that the contract gives. */
import type { Problem, StatusCode, WireCode } from "./problem.js";

/** `data` or `problem`, never both. A 204 has neither: `data` is `undefined`, and so is `problem`. */
export type Result<Data, P> =
  | { data: Data; problem?: never; response: Response }
  | { data?: never; problem: P; response: Response };

/** The same result with other data; a problem stays as it is. */
export async function withData<Data, Other, P>(
  pending: Promise<Result<Data, P & {}>>,
  convert: (data: Data, response: Response) => Other,
): Promise<Result<Other, P>> {
  const { data, problem, response } = await pending;
  return problem ? { problem, response } : { data: convert(data as Data, response), response };
}

/** The problems of an operation: those that its contract declares, and Dovetail's own. */
export type ProblemOf<Operation> =
  | Declared<Operation>
  | Problem<Exclude<WireCode, Declared<Operation>["code"]> | StatusCode>;

type Declared<Operation> = Operation extends { responses: infer Responses }
  ? { [Status in keyof Responses]: FromResponse<Responses[Status]> }[keyof Responses]
  : never;

type FromResponse<Response> = Response extends {
  content: { "application/problem+json": infer Body };
}
  ? FromBody<Body>
  : never;

// A contract that says no more than "code is a string" keeps every comparison legal, and still completes the known ones.
type FromBody<Body> = Body extends { code: infer Code extends string }
  ? string extends Code
    ? Problem<string & {}>
    : Omit<Body, "code"> & Problem<Code>
  : never;
