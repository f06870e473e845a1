import { inParallel } from "../../core/in-parallel.js";
import type { Ticket } from "../types.js";
import { canHash } from "./hash.js";
import { createPartHash } from "./hash-part.js";
import type { KeepTryingOptions } from "./keep-trying.js";
import { createPartUrls } from "./part-urls.js";
import type { Pause } from "./pause.js";
import { sendPart } from "./send-part.js";

/** The dependencies of sending. */
export interface SendFileOptions extends KeepTryingOptions {
  pause: Pause;
  parallel: number;
  /** Asks the server for a new ticket. */
  readTicket(): Promise<Ticket>;
}

/**
 * Send all parts of a file that have not arrived, `parallel` at a time.
 *
 * @returns the SHA-256 of each part by its number; empty where the browser cannot hash.
 */
export async function sendFile(
  file: File,
  ticket: Ticket,
  { pause, parallel, readTicket, ...options }: SendFileOptions,
): Promise<Map<number, string>> {
  const { progress, outside } = options;
  const urls = createPartUrls(ticket, readTicket, outside.now);
  const digests = new Map<number, string>();
  const numbers = Array.from({ length: ticket.part_count }, (_, index) => index + 1);

  const hashPart = createPartHash();

  const partOf = (number: number) =>
    file.slice((number - 1) * ticket.part_size, number * ticket.part_size);

  async function hash(number: number): Promise<void> {
    if (canHash()) {
      digests.set(number, await hashPart(partOf(number)));
    }
  }

  const ends = ticket.arrived.map((number) => Math.min(number * ticket.part_size, ticket.size));
  const starts = ticket.arrived.map((number) => (number - 1) * ticket.part_size);
  const total = (offsets: number[]) => offsets.reduce((sum, offset) => sum + offset, 0);
  progress.resumeAt(total(ends) - total(starts));

  await pause.around((signal) => {
    const missing = numbers.filter((number) => !urls.arrived.has(number));
    return inParallel(missing, parallel, signal, async (number, ending) => {
      await hash(number);
      await sendPart(number, partOf(number), urls, { ...options, signal: ending });
    });
  });
  const unhashed = () => numbers.filter((number) => !digests.has(number));
  if (canHash() && unhashed().length > 0) {
    progress.enter("hashing");
    await pause.around((signal) => inParallel(unhashed(), parallel, signal, hash));
  }
  return digests;
}
