/** The addresses of parts. They expire, and are renewed by one request for all parts that wait. */
import { singleFlight } from "../../core/single-flight.js";
import { unlessAborted } from "../../core/unless-aborted.js";
import type { PartUrl, Ticket } from "../types.js";

/** An address that expires so soon is not used: the part might arrive too late. */
const EXPIRY_MARGIN_MS = 30_000;

/** A ticket so young is not renewed however old it looks: this computer's clock may be wrong. */
const YOUNG_MS = 30_000;

/** Where parts go, and which of them have arrived. */
export interface PartUrls {
  /** The numbers of the parts that have arrived. */
  readonly arrived: Set<number>;
  /**
   * Returns the address of a part; `null`: it has arrived.
   *
   * @param refusedUrl the address that did not work the last time.
   */
  urlOf(number: number, signal: AbortSignal, refusedUrl?: string): Promise<PartUrl | null>;
}

/**
 * Begin with the addresses of a ticket.
 *
 * @param readTicket asks the server for a new one.
 */
export function createPartUrls(
  ticket: Ticket,
  readTicket: () => Promise<Ticket>,
  now: () => number,
): PartUrls {
  const arrived = new Set<number>();
  let urls = new Map<number, PartUrl>();
  let expiry = 0;
  let readAt = 0;

  function take(present: Ticket) {
    for (const number of present.arrived) {
      arrived.add(number);
    }
    urls = new Map(present.parts.map((part) => [part.number, part]));
    expiry = Date.parse(present.urls_expire_at);
    readAt = now();
  }

  const renew = singleFlight(() => readTicket().then(take));

  take(ticket);
  return {
    arrived,
    async urlOf(number, signal, refusedUrl) {
      const isOld = now() > expiry - EXPIRY_MARGIN_MS && now() - readAt > YOUNG_MS;
      let part = urls.get(number);
      if (!part || isOld || part.url === refusedUrl) {
        await unlessAborted(renew(), signal);
        part = urls.get(number);
      }
      if (!part && !arrived.has(number)) {
        throw new TypeError(`The server gave no address for part ${number}, which is missing.`);
      }
      return arrived.has(number) ? null : (part ?? null);
    },
  };
}
