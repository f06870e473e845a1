/** The typed client: openapi-fetch's conventions for a call, `data` or `problem` for its answer. */
import createFetchClient, {
  type FetchOptions,
  type FetchResponse,
  type ParseAs,
} from "openapi-fetch";
import { asRaw, type BodyOption } from "./body.js";
import { startDeadline } from "./deadline.js";
import { NetworkError } from "./network-error.js";
import { ACCEPT } from "./own-request.js";
import { toProblem } from "./problem.js";
import type { ProblemOf, Result } from "./result.js";
import type { Transport } from "./transport.js";
import { UnexpectedBodyError } from "./unexpected-body-error.js";

/** The dependencies of a client. */
export interface ClientOptions {
  /** The API's origin; `""`: the page's own. */
  baseUrl: string;
  credentials: RequestCredentials;
  timeoutMs: number;
  transport: Transport;
  /** Milliseconds since 1970. */
  now(): number;
}

/** A client with one method per HTTP method: `client.GET("/api/posts/{post_id}", { params: { path: { post_id: 1 } } })`. */
export type Client<Paths> = {
  readonly [Method in HttpMethod as Uppercase<Method>]: <
    Path extends PathsWith<Paths, Method>,
    Parse extends ParseAs = "json",
  >(
    path: Path,
    ...options: Arguments<CallOptions<Paths[Path][Method & keyof Paths[Path]], Parse>>
  ) => Promise<
    Result<
      DataOf<Paths[Path][Method & keyof Paths[Path]], Parse>,
      ProblemOf<Paths[Path][Method & keyof Paths[Path]]>
    >
  >;
};

/** The options of a call: openapi-fetch's without those that would send credentials elsewhere, and a time limit. */
export type CallOptions<Operation, Parse extends ParseAs = "json"> = Omit<
  FetchOptions<Operation>,
  "baseUrl" | "body" | "credentials" | "fetch" | "middleware" | "mode" | "parseAs"
> &
  BodyOption<Operation, Pick<FetchOptions<Operation>, "body">> & {
    /** How a success is read. Default: `"json"`. With `"stream"` the time limit ends when the headers arrive. */
    parseAs?: Parse;
    /** The time limit of the whole call in milliseconds, retries and reading included. `Infinity`: none. */
    timeoutMs?: number;
  };

type HttpMethod = (typeof METHODS)[number];

type PathsWith<Paths, Method extends string> = {
  [Path in keyof Paths]: Paths[Path] extends { [M in Method]: unknown } ? Path : never;
}[keyof Paths];

type Arguments<Options> = {} extends Options ? [options?: Options] : [options: Options];

type DataOf<Operation, Parse> =
  FetchResponse<Operation & {}, { parseAs: Parse }, `${string}/${string}`> extends infer Answer
    ? Answer extends { data: infer Data }
      ? Data
      : never
    : never;

type InnerRequest = (
  method: string,
  path: string,
  init: object,
) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"] as const;
const SAFE = new Set<HttpMethod>(["get", "head", "options"]);

/** Make a client whose calls go through `transport`. */
export function createClient<Paths>(options: ClientOptions): Client<Paths> {
  const { baseUrl, credentials, transport, now } = options;
  const inner = createFetchClient<object>({
    baseUrl,
    credentials,
    headers: { Accept: ACCEPT },
  }).request as unknown as InnerRequest;

  async function call(
    method: HttpMethod,
    path: string,
    callOptions: CallOptions<object, ParseAs> = {},
  ) {
    const {
      signal,
      timeoutMs = options.timeoutMs,
      ...init
    } = { ...callOptions, ...asRaw(callOptions) };
    const deadline = startDeadline(timeoutMs, now(), signal);
    let { release } = deadline;
    let request: Request | undefined;
    let answer: Response | undefined;
    try {
      const { data, error, response } = await inner(method, path, {
        // A redirect would send the CSRF token and the body to any address.
        redirect: SAFE.has(method) ? "follow" : "error",
        ...init,
        signal: deadline.signal,
        fetch: async (sent: Request) => {
          request = sent;
          answer = await transport(sent, deadline.at);
          return answer;
        },
      });
      if (data instanceof ReadableStream) {
        // The caller's signal ends the stream, too, until the stream has ended in whatever way.
        const { readable, writable } = new TransformStream();
        data.pipeTo(writable).then(release, release);
        release = deadline.stopClock;
        return { data: readable, response };
      }
      return response.ok
        ? { data, response }
        : { problem: toProblem(error, response, now()), response };
    } catch (error) {
      deadline.signal.throwIfAborted();
      if (!request || !answer) {
        throw error;
      }
      throw error instanceof SyntaxError
        ? new UnexpectedBodyError(answer, error)
        : new NetworkError(request, error);
    } finally {
      release();
    }
  }

  return Object.fromEntries(
    METHODS.map((method) => [
      method.toUpperCase(),
      (path: string, init?: CallOptions<object, ParseAs>) => call(method, path, init),
    ]),
  ) as unknown as Client<Paths>;
}
