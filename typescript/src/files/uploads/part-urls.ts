/** Where the parts go: addresses that expire, and are renewed by one request for all that wait. */
import { unlessAborted } from "../contract/unless-aborted.js";
import type { PartUrl, Ticket } from "./paths.js";

/** An address that expires so soon is not used: its part might not be there in time. */
const SOON_MS = 30_000;

/** A ticket so young is not renewed for its looks: this computer's clock may be wrong. */
const YOUNG_MS = 30_000;

export interface Tickets {
  /** The parts that are there. */
  readonly arrived: Set<number>;
  /**
   * Where a part goes; `null`: it has arrived.
   *
   * @param refused the address that led nowhere the last time.
   */
  target(number: number, signal: AbortSignal, refused?: string): Promise<PartUrl | null>;
}

/** @param read asks for a fresh ticket. */
export function createTickets(
  first: Ticket,
  read: () => Promise<Ticket>,
  now: () => number,
): Tickets {
  const arrived = new Set<number>();
  let parts = new Map<number, PartUrl>();
  let expiry = 0;
  let readAt = 0;
  let reading: Promise<void> | undefined;

  function take(ticket: Ticket) {
    for (const number of ticket.arrived) {
      arrived.add(number);
    }
    parts = new Map(ticket.parts.map((part) => [part.number, part]));
    expiry = Date.parse(ticket.urls_expire_at);
    readAt = now();
  }

  function fresh(): Promise<void> {
    reading ??= read()
      .then(take)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  take(first);
  return {
    arrived,
    async target(number, signal, refused) {
      const isOld = now() > expiry - SOON_MS && now() - readAt > YOUNG_MS;
      let part = parts.get(number);
      if (!part || isOld || part.url === refused) {
        await unlessAborted(fresh(), signal);
        part = parts.get(number);
      }
      if (!part && !arrived.has(number)) {
        throw new TypeError(`The server gave no address for part ${number}, which is missing.`);
      }
      return arrived.has(number) ? null : (part ?? null);
    },
  };
}
