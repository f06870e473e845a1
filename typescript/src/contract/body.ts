/** Bodies that are not JSON: openapi-fetch would serialise them to `{}` and name them JSON. */
import { mergeHeaders } from "openapi-fetch";

/** What a body may be, besides the typed object, where the contract takes another media type than JSON. */
export type RawBody = FormData | URLSearchParams | Blob | BufferSource | ReadableStream;

/** The `body` option of an operation. */
export type BodyOption<Operation, Typed> = Operation extends {
  requestBody?: { content: infer Content };
}
  ? Exclude<keyof Content, `${string}json`> extends never
    ? Typed
    : MayBeRaw<Typed>
  : Typed;

type MayBeRaw<Typed> = Typed extends { body: infer Body }
  ? { body: Body | RawBody }
  : Typed extends { body?: infer Body }
    ? { body?: Body | RawBody }
    : Typed;

/** The options that send a raw body as it is, with the media type it has itself unless the caller names one. */
export function asRaw(init: { body?: unknown; headers?: unknown }): object {
  if (!isRaw(init.body)) {
    return {};
  }
  return {
    bodySerializer: (body: unknown) => body,
    headers: {
      "Content-Type": null,
      ...Object.fromEntries(mergeHeaders(init.headers as HeadersInit)),
    },
    // Required by fetch for a stream, and the only value there is.
    ...(init.body instanceof ReadableStream && { duplex: "half" }),
  };
}

function isRaw(body: unknown): boolean {
  return (
    body instanceof FormData ||
    body instanceof URLSearchParams ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof ReadableStream
  );
}
