// Sends one file, in one of several ways, and prints what came of it as a line of JSON.
//
//     node sending.mjs WAY ORIGIN FILE TRIES [PACKAGE]
//
// WAY: `dovetail` (PACKAGE is the bundled browser package), `tus` (one PATCH), `tus-chunks` (PATCHes of 8 MiB), `form`.
// All bytes take the same way (`exchange.mjs`).
import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { exchange } from "./exchange.mjs";
import { DiskFile, DiskRequest } from "./page.mjs";

const CHUNK_BYTES = 8 * 1024 * 1024;
// Those of tus-js-client, from the beginning again after progress; but for the first one, which is 0 there. Asked at once,
// tuspyserver may name the offset of before the PATCH that has just been cut, and then blocks itself for 30 seconds.
const TUS_DELAYS_MS = [200, 1000, 3000, 5000];

const [way, origin, path, tries, bundle] = process.argv.slice(2);
const { size } = statSync(path);

function expectStatus(response, status) {
  if (response.statusCode !== status) {
    throw new Error(`${way}: ${response.statusCode} in place of ${status}`);
  }
  return response.headers;
}

async function tus(chunkBytes) {
  const version = { "Tus-Resumable": "1.0.0" };
  const base64 = (text) => Buffer.from(text).toString("base64");
  const created = await exchange("POST", `${origin}/files/`, {
    ...version,
    "Upload-Length": size,
    "Upload-Metadata": `filename ${base64("upload.bin")},filetype ${base64("application/octet-stream")}`,
  });
  const { location } = expectStatus(created, 201);

  const patch = async (start) => {
    const end = Math.min(size, start + chunkBytes);
    const headers = {
      ...version,
      "Content-Type": "application/offset+octet-stream",
      "Content-Length": end - start,
      "Upload-Offset": start,
    };
    const sent = await exchange("PATCH", location, headers, { body: { path, start, end } });
    return Number(expectStatus(sent, 204)["upload-offset"]);
  };
  const head = async () =>
    Number(expectStatus(await exchange("HEAD", location, version), 200)["upload-offset"]);

  let offset = 0;
  let isKnown = true;
  let failures = 0;
  while (offset < size) {
    const before = offset;
    try {
      offset = isKnown ? await patch(offset) : await head();
      isKnown = true;
    } catch (error) {
      if (failures === TUS_DELAYS_MS.length) {
        throw error;
      }
      isKnown = false;
      await sleep(TUS_DELAYS_MS[failures++]);
    }
    if (offset > before) {
      failures = 0;
    }
  }
  return true;
}

async function form() {
  const boundary = "benchmark-boundary-benchmark";
  const before = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="upload.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const after = `\r\n--${boundary}--\r\n`;
  const headers = {
    "Content-Type": `multipart/form-data; boundary=${boundary}`,
    "Content-Length": before.length + size + after.length,
  };
  for (let tried = 0; tried < Number(tries); tried++) {
    try {
      const body = { path, start: 0, end: size, before, after };
      expectStatus(await exchange("POST", `${origin}/files`, headers, { body }), 204);
      return true;
    } catch (error) {
      if (!["ECONNRESET", "EPIPE"].includes(error.code)) {
        throw error;
      }
    }
  }
  return false;
}

/** A browser's jar, for one host. */
function withCookies() {
  const jar = new Map();
  return async (sent) => {
    sent.headers.set("Cookie", [...jar].map((pair) => pair.join("=")).join("; "));
    const response = await fetch(sent);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      jar.set(name, value);
    }
    return response;
  };
}

async function dovetail() {
  const { createDovetail } = await import(bundle);
  const { auth, files } = createDovetail({
    config: { apiOrigin: origin },
    outside: { fetch: withCookies() },
  });
  const signedIn = await auth.signIn({ email: "ada@example.com", password: "benchmark" });
  if (signedIn.problem) {
    throw new Error(`signing in: ${signedIn.problem.code}`);
  }
  globalThis.XMLHttpRequest = DiskRequest;
  return async () => {
    const { problem } = await files.upload(new DiskFile(path, "upload.bin"));
    if (problem) {
      throw new Error(`dovetail: ${problem.code}`);
    }
    return true;
  };
}

const WAYS = {
  dovetail,
  tus: async () => () => tus(Number.POSITIVE_INFINITY),
  "tus-chunks": async () => () => tus(CHUNK_BYTES),
  form: async () => form,
};
const send = await WAYS[way]();
const began = performance.now();
const hasArrived = await send();
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ seconds: hasArrived ? seconds : null }));
process.exit();
