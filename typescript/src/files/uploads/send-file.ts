/** All parts of a file that are not there, so many at a time. */
import type { Gate } from "./gate.js";
import { canHash } from "./hash.js";
import { createPartHash } from "./hash-part.js";
import { inParallel } from "./in-parallel.js";
import type { Ticket } from "./paths.js";
import type { PersistOptions } from "./persist.js";
import { sendPart } from "./send-part.js";
import { createTickets } from "./tickets.js";

export interface SendFileOptions extends PersistOptions {
  gate: Gate;
  parallel: number;
  /** Asks for a fresh ticket. */
  read(): Promise<Ticket>;
}

/** @returns the SHA-256 of each part by its number; none where the browser has none. */
export async function sendFile(
  file: File,
  ticket: Ticket,
  { gate, parallel, read, ...persisting }: SendFileOptions,
): Promise<Map<number, string>> {
  const { progress, outside } = persisting;
  const tickets = createTickets(ticket, read, outside.now);
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
  progress.found(total(ends) - total(starts));

  await gate.through((signal) => {
    const missing = numbers.filter((number) => !tickets.arrived.has(number));
    return inParallel(missing, parallel, signal, async (number, ending) => {
      await hash(number);
      await sendPart(number, partOf(number), tickets, { ...persisting, signal: ending });
    });
  });
  const unread = () => numbers.filter((number) => !digests.has(number));
  if (canHash() && unread().length > 0) {
    progress.enter("hashing");
    await gate.through((signal) => inParallel(unread(), parallel, signal, hash));
  }
  return digests;
}
