/**
 * Sends one part. The browser reads its bytes from the disk while it sends them, since copies in memory would make the
 * tab large. The address is the whole permission: neither a cookie nor a token is sent along.
 */
import { NetworkError } from "../../contract/network-error.js";
import type { Outside } from "../../core/outside.js";
import type { PartUrl } from "../types.js";

/** After so long without a byte the connection is dead, as after a change of networks. */
const STALL_MS = 60_000;

/** The time limit of a whole part, where progress cannot be observed (`fetch`). */
const PART_MS = 600_000;

/** How a part is sent. */
export interface PutOptions {
  outside: Outside;
  signal: AbortSignal;
  /** Is called with the number of bytes sent so far. */
  onSent(bytes: number): void;
}

/**
 * Send one part to its address.
 *
 * @throws NetworkError when no answer came; the signal's reason.
 */
export function put(part: PartUrl, bytes: Blob, options: PutOptions): Promise<Response> {
  return typeof XMLHttpRequest === "function"
    ? putWithProgress(part, bytes, options)
    : putByFetch(part, bytes, options);
}

/** Uses XMLHttpRequest, since `fetch` does not report how much of a body has been sent. */
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
    const restartTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALL_MS);
    };
    const fail = () =>
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
      restartTimer();
      onSent(loaded);
    });
    request.upload.addEventListener("load", restartTimer);
    request.addEventListener("load", () => resolve(toResponse(request)));
    request.addEventListener("error", fail);
    request.addEventListener("abort", fail);
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
    signal.addEventListener("abort", abort);
    restartTimer();
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
  const timer = setTimeout(abort, PART_MS);
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
