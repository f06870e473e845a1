/** Bodies that are not JSON. openapi-fetch would serialise them to `{}` and declare them as JSON. */
import { mergeHeaders } from "openapi-fetch";

/** A body that is sent as it is, where the contract takes another media type than JSON. */
export type RawBody = FormData | URLSearchParams | Blob | BufferSource | ReadableStream;

/** The `body` option of an operation: typed, and raw where the contract takes more than JSON. */
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

/** Return the options that send a raw body as it is. Its media type is its own, unless the caller names one. */
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
    // fetch requires it for a stream, and knows no other value.
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
