// What a page has and Node has not: XMLHttpRequest, and files whose bytes do not go through JavaScript's streams. As much
// of both as the browser package asks for, so that it takes the same way as in a browser.
import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { exchange } from "./exchange.mjs";

class DiskBlob {
  constructor(path, start, end) {
    Object.assign(this, { path, start, end, size: end - start });
  }

  slice(from, to) {
    const at = (offset) => Math.min(this.start + offset, this.end);
    return new DiskBlob(this.path, at(from), at(to));
  }

  /** Reads straight into the reader's own buffer, if it brings one. */
  stream() {
    const { path, start, size } = this;
    let read = 0;
    return new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 65_536,
      async pull(controller) {
        const { byobRequest } = controller;
        if (read === size) {
          controller.close();
          byobRequest.respond(0);
          return;
        }
        const { view } = byobRequest;
        const length = Math.min(view.byteLength, size - read);
        await using file = await open(path);
        const { bytesRead } = await file.read(view, 0, length, start + read);
        read += bytesRead;
        byobRequest.respond(bytesRead);
      },
    });
  }

  arrayBuffer() {
    return new Response(this.stream()).arrayBuffer();
  }
}

export class DiskFile extends DiskBlob {
  type = "application/octet-stream";
  lastModified = 1;

  constructor(path, name) {
    super(path, 0, statSync(path).size);
    this.name = name;
  }
}

export class DiskRequest extends EventTarget {
  upload = new EventTarget();
  status = 0;
  statusText = "";
  responseText = "";
  #headers = {};
  #answered = [];
  #ending = new AbortController();

  open(method, url) {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  getAllResponseHeaders() {
    return this.#answered.map((pair) => `${pair.join(": ")}\r\n`).join("");
  }

  abort() {
    this.#ending.abort();
  }

  async send(body) {
    const { method, url } = this;
    const { signal } = this.#ending;
    const headers = { ...this.#headers, "Content-Length": body.size };
    const onSent = (loaded) =>
      this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded }));
    try {
      const answer = await exchange(method, url, headers, { body, signal, onSent });
      this.status = answer.statusCode;
      this.statusText = answer.statusMessage;
      this.responseText = answer.text;
      this.#answered = Object.entries(answer.headers);
      this.dispatchEvent(new Event("load"));
    } catch {
      this.dispatchEvent(new Event(signal.aborted ? "abort" : "error"));
    }
    this.dispatchEvent(new Event("loadend"));
  }
}
