import { isNetworkError } from "../../contract/network-error.js";
import { toProblem } from "../../contract/problem.js";
import type { Outside } from "../../core/outside.js";
import { assertReadable } from "./hash-part.js";
import { type KeepTryingOptions, keepTrying } from "./keep-trying.js";
import type { PartUrls } from "./part-urls.js";
import { put } from "./put.js";
import { Refusal } from "./refusal.js";

/** The answers, S3's included, to an address that has expired or whose login has ended. */
const STALE_URL = new Set([400, 401, 403, 404]);

/** After so many refusals in a row the address is not the reason. */
const NEW_URLS_MAX = 2;

/**
 * Send one part, and try again until it has arrived.
 *
 * @throws Refusal, NetworkError, UnreadableFileError, the signal's reason.
 */
export async function sendPart(
  number: number,
  part: Blob,
  urls: PartUrls,
  options: KeepTryingOptions,
): Promise<void> {
  const { outside, progress, signal } = options;
  let refusedUrl: string | undefined;
  let refusals = 0;

  async function attempt(): Promise<void> {
    const target = await urls.urlOf(number, signal, refusedUrl);
    if (!target) {
      return;
    }
    refusedUrl = undefined;
    const onSent = (sent: number) => progress.onSent(number, sent);
    onSent(0);
    let response: Response;
    try {
      response = await put(target, part, { outside, signal, onSent });
    } catch (error) {
      if (isNetworkError(error)) {
        // The part may have arrived and only the answer been lost, or the browser may have withheld a refusal (CORS).
        refusedUrl = target.url;
        // Or the browser could not read the file.
        await assertReadable(part);
      }
      throw error;
    } finally {
      progress.onStopped(number);
    }
    if (response.ok) {
      return;
    }
    refusals = STALE_URL.has(response.status) ? refusals + 1 : 0;
    if (refusals > 0 && refusals <= NEW_URLS_MAX) {
      refusedUrl = target.url;
      return attempt();
    }
    throw await refusalOf(response, outside);
  }

  await keepTrying(attempt, options);
  urls.arrived.add(number);
  progress.onArrived(number, part.size);
}

async function refusalOf(response: Response, { now }: Outside): Promise<Refusal> {
  const text = await response.text();
  return new Refusal({ problem: toProblem(parse(text), response, now()), response });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // S3 answers in XML.
    return text;
  }
}
