// Sends one file, in one of several ways, and prints what came of it as a line of JSON.
//
//     node sending.mjs WAY ORIGIN FILE TRIES [PACKAGE]
//
// WAY: `dovetail` (PACKAGE is the bundled browser package), `tus` (one PATCH), `tus-chunks` (PATCHes of 8 MiB), `form`.
// Peers are sent by Node's own HTTP client, straight from the file: nothing is faster here.
import { createReadStream, openAsBlob, statSync } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const CHUNK_BYTES = 8 * 1024 * 1024;
// Those of tus-js-client, from the beginning again after progress; but for the first one, which is 0 there. Asked at once,
// tuspyserver names the offset of before the PATCH that has just been cut, and then blocks itself for 30 seconds.
const TUS_DELAYS_MS = [200, 1000, 3000, 5000];
const READ_BYTES = 1024 * 1024;

const [way, origin, file, tries, bundle] = process.argv.slice(2);
const { size } = statSync(file);
const agent = new Agent({ keepAlive: true });

/** One exchange. `range`: the bytes of the file that are sent, with what is written before and after them. */
function exchange(method, url, headers, range) {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, headers, agent });
    sending.on("error", reject);
    sending.on("response", (response) => {
      response.on("error", reject).on("end", () => resolve(response)).resume();
    });
    if (!range) {
      sending.end();
      return;
    }
    const { start, end, before = "", after = "" } = range;
    const source = createReadStream(file, { start, end: end - 1, highWaterMark: READ_BYTES });
    sending.on("close", () => source.destroy());
    sending.write(before);
    source.on("end", () => sending.end(after)).pipe(sending, { end: false });
  });
}

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
    const sent = await exchange("PATCH", location, headers, { start, end });
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
      const range = { start: 0, end: size, before, after };
      expectStatus(await exchange("POST", `${origin}/files`, headers, range), 204);
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
  const type = "application/octet-stream";
  const chosen = new File([await openAsBlob(file)], "upload.bin", { type, lastModified: 1 });
  return async () => {
    const { problem } = await files.upload(chosen);
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
