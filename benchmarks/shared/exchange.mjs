// One exchange over Node's own HTTP client, with the bytes straight from a file: nothing is faster here.
import { createReadStream } from "node:fs";
import { Agent, request } from "node:http";

const READ_BYTES = 1024 * 1024;
const agent = new Agent({ keepAlive: true });

/**
 * What is answered, its body as `text`.
 *
 * `body`: `{ path, start, end }` of a file, perhaps with text `before` and `after` it. `signal` ends it. `onSent` hears
 * how many bytes of the file have left.
 */
export function exchange(method, url, headers, { body, signal, onSent } = {}) {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, headers, agent, signal });
    sending.on("error", reject);
    sending.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (more) => {
        text += more;
      });
      response.on("error", reject).on("end", () => resolve(Object.assign(response, { text })));
    });
    if (!body || body.start === body.end) {
      sending.end();
      return;
    }
    const { path, start, end, before = "", after = "" } = body;
    const source = createReadStream(path, { start, end: end - 1, highWaterMark: READ_BYTES });
    source.on("error", (error) => sending.destroy(error));
    sending.on("close", () => source.destroy());
    let sent = 0;
    source.on("data", ({ length }) => {
      sent += length;
      onSent?.(sent);
    });
    sending.write(before);
    source.on("end", () => sending.end(after)).pipe(sending, { end: false });
  });
}
