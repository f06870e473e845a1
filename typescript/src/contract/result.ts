/** The result of a call, with the types that the contract gives. */
import type { Problem, StatusCode, WireCode } from "./problem.js";

/** The result of a call: `data` or `problem`, never both. A 204 has neither: both are `undefined`. */
export type Result<Data, P> =
  | { data: Data; problem?: never; response: Response }
  | { data?: never; problem: P; response: Response };

/** Convert the data of a result. A problem stays as it is. */
export async function withData<Data, Other, P>(
  pending: Promise<Result<Data, P & {}>>,
  convert: (data: Data, response: Response) => Other,
): Promise<Result<Other, P>> {
  const { data, problem, response } = await pending;
  return problem ? { problem, response } : { data: convert(data as Data, response), response };
}

/** The problems of an operation: those that its contract declares and Dovetail's own. */
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

// With a contract that only says "code is a string", any comparison compiles, and editors still suggest the known codes.
type FromBody<Body> = Body extends { code: infer Code extends string }
  ? string extends Code
    ? Problem<string & {}>
    : Omit<Body, "code"> & Problem<Code>
  : never;

/** The JSON that an operation answers with. */
export type JsonOf<Operation, Status extends number = 200> = Operation extends {
  responses: { [S in Status]: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;
