/** One part, until it is there. */
import { isNetworkError } from "../contract/network-error.js";
import { toProblem } from "../contract/problem.js";
import type { Outside } from "../outside.js";
import { assertReadable } from "./hash-part.js";
import { type PersistOptions, persist } from "./persist.js";
import { put } from "./put.js";
import { Refused } from "./refused.js";
import type { Tickets } from "./tickets.js";

/** What an address that expired, or whose login has ended, is answered with; by S3 as well. */
const STALE = new Set([400, 401, 403, 404]);

/** So often in a row, the address is not what is wrong. */
const REFUSALS = 2;

/** @throws Refused, NetworkError, UnreadableFileError, the signal's reason. */
export async function sendPart(
  number: number,
  part: Blob,
  tickets: Tickets,
  options: PersistOptions,
): Promise<void> {
  const { outside, progress, signal } = options;
  let refused: string | undefined;
  let refusals = 0;

  async function attempt(): Promise<void> {
    const target = await tickets.target(number, signal, refused);
    if (!target) {
      return;
    }
    refused = undefined;
    const onSent = (sent: number) => progress.travelled(number, sent);
    onSent(0);
    let response: Response;
    try {
      response = await put(target, part, { outside, signal, onSent });
    } catch (error) {
      if (isNetworkError(error)) {
        // The part may have arrived, and only the answer been lost; or a refusal was withheld by the browser (CORS).
        refused = target.url;
        // Or the browser could not read it.
        await assertReadable(part);
      }
      throw error;
    } finally {
      progress.stopped(number);
    }
    if (response.ok) {
      return;
    }
    refusals = STALE.has(response.status) ? refusals + 1 : 0;
    if (refusals > 0 && refusals <= REFUSALS) {
      refused = target.url;
      return attempt();
    }
    throw await refusal(response, outside);
  }

  await persist(attempt, options);
  tickets.arrived.add(number);
  progress.arrived(number, part.size);
}

async function refusal(response: Response, { now }: Outside): Promise<Refused> {
  const text = await response.text();
  return new Refused({ problem: toProblem(parsed(text), response, now()), response });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // XML, from S3.
    return text;
  }
}
