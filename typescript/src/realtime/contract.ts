/** What the generator writes of an AsyncAPI document, and the types that a page gets from it. */
import type { Problem, WireCode } from "../contract/problem.js";

/** One namespace of `sockets`. */
export interface SpaceContract {
  /** What the server sends: payloads by the event's name. */
  on: object;
  /** What it takes. `data` is the acknowledgement's. */
  emit: object;
  /** Rooms by their kind. `people`: what is shown of who is there; `never`: nothing. */
  rooms: object;
}

/** `data` or `problem`, never both: what the server acknowledged an event with. */
export type Acknowledged<Data, P> = { data: Data; problem?: never } | { data?: never; problem: P };

/** A namespace of a contract; one that is not there takes and sends nothing. */
export type SpaceOf<Sockets, Path> = Path extends keyof Sockets
  ? Sockets[Path]
  : { on: {}; emit: {}; rooms: {} };

export type Events<Space> = Space extends { on: infer On } ? On : never;
export type Emits<Space> = Space extends { emit: infer Emit } ? Emit : never;
export type Rooms<Space> = Space extends { rooms: infer Kinds } ? Kinds : never;

/** What an event is emitted with: nothing, where the server takes nothing. */
export type BodyOf<Event> = Event extends { body: infer Body }
  ? [Body] extends [null]
    ? []
    : [body: Body]
  : never;

export type AcknowledgementOf<Event> = Event extends { data: infer Data; problems: infer Codes }
  ? Acknowledged<Data, Problem<(Codes & string) | WireCode>>
  : never;

export type PersonOf<Room> = Room extends { people: infer Person } ? Person : never;

export type RoomCodeOf<Room> =
  | (Room extends { problems: infer Codes extends string } ? Codes : never)
  | WireCode;
