/** A real HTTP server on a free port, which records its requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { ERRORS_CODES, ERRORS_TYPE_PREFIX } from "../../src/core/wire/errors.js";

export interface Received {
  method: string;
  /** The path with its query. */
  url: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
  /** The time of its arrival, in milliseconds since 1970. */
  at: number;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** An object is sent as JSON. */
  body?: unknown;
}

/** Returns an answer, or `"answered"` when it has dealt with the response itself. */
export type Handler = (
  request: Received,
  raw: ServerResponse,
) => Answer | "answered" | Promise<Answer | "answered">;

export interface TestServer {
  origin: string;
  /** All requests, oldest first. */
  received: Received[];
  /** Returns the requests to one path. */
  to(path: string): Received[];
}

export async function serve(handler: Handler): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await read(incoming);
    if (!body) {
      return;
    }
    const request: Received = {
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: incoming.headers,
      body,
      at: Date.now(),
    };
    received.push(request);
    const answer = await handler(request, response);
    if (answer === "answered") {
      return;
    }
    const json = typeof answer.body === "object" && answer.body !== null;
    response.writeHead(answer.status ?? 200, {
      ...(json && { "Content-Type": "application/json" }),
      ...answer.headers,
    });
    response.end(json ? JSON.stringify(answer.body) : answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    to: (path) => received.filter(({ url }) => url.split("?")[0] === path),
  };
}

/** Reads the whole body; `null`: the client aborted the request. */
async function read(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

/** Makes a problem like Dovetail's server, with the title of wire/errors.json where the code is one of those. */
export function problem(
  code: string,
  status: number,
  {
    headers = {},
    ...members
  }: { headers?: Record<string, string>; [member: string]: unknown } = {},
): Answer {
  const known: Partial<Record<string, { title: string }>> = ERRORS_CODES;
  const type = ERRORS_TYPE_PREFIX + code.toLowerCase().replaceAll("_", "-");
  return {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
    body: { type, title: known[code]?.title ?? code, status, code, ...members },
  };
}
