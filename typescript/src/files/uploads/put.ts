/**
 * Sends the bytes of one part, which the browser reads from the disk as they leave: a copy in memory would make the tab
 * large. Its address is its whole permission: no cookie and no token goes along.
 */
import { NetworkError } from "../contract/network-error.js";
import type { Outside } from "../outside.js";
import type { PartUrl } from "./paths.js";

/** A connection over which nothing moves for so long is dead, as after a change of networks. */
const STALL_MS = 60_000;

/** Where progress cannot be seen (`fetch`): the time for a whole part. */
const WHOLE_MS = 600_000;

export interface PutOptions {
  outside: Outside;
  signal: AbortSignal;
  /** Hears how many bytes have left. */
  onSent(bytes: number): void;
}

/**
 * @throws NetworkError when no answer came; the signal's reason.
 */
export function put(part: PartUrl, bytes: Blob, options: PutOptions): Promise<Response> {
  return typeof XMLHttpRequest === "function"
    ? putWithProgress(part, bytes, options)
    : putByFetch(part, bytes, options);
}

/** `fetch` does not tell how much of a body has left. */
function putWithProgress(
  { url, headers }: PartUrl,
  bytes: Blob,
  { signal, onSent }: PutOptions,
): Promise<Response> {
  return new Promise<Response>((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let timer: ReturnType<typeof setTimeout>;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALL_MS);
    };
    const failed = () =>
      reject(
        signal.aborted
          ? signal.reason
          : new NetworkError(new Request(url, { method: "PUT" }), null),
      );
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", ({ loaded }) => {
      alive();
      onSent(loaded);
    });
    request.upload.addEventListener("load", alive);
    request.addEventListener("load", () => resolve(toResponse(request)));
    request.addEventListener("error", failed);
    request.addEventListener("abort", failed);
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
    signal.addEventListener("abort", abort);
    alive();
    request.send(bytes);
  });
}

function toResponse(request: XMLHttpRequest): Response {
  const { status, statusText, responseText } = request;
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split("\r\n")) {
    const [, name, value] = /^([^:]+):(.*)/.exec(line) ?? [];
    if (name) {
      headers.append(name, value ?? "");
    }
  }
  return new Response(responseText || null, { status, statusText, headers });
}

async function putByFetch(
  { url, headers }: PartUrl,
  body: Blob,
  { outside, signal }: PutOptions,
): Promise<Response> {
  const ending = new AbortController();
  const abort = () => ending.abort();
  const timer = setTimeout(abort, WHOLE_MS);
  signal.addEventListener("abort", abort);
  const request = new Request(url, {
    method: "PUT",
    headers,
    body,
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    signal: ending.signal,
  });
  try {
    signal.throwIfAborted();
    const response = await outside.fetch(request);
    const text = await response.text();
    return new Response(text || null, response);
  } catch (cause) {
    signal.throwIfAborted();
    throw new NetworkError(request, cause);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
