/** The types that a page gets from the `sockets` that the generator writes of an AsyncAPI document. */
import type { Problem, WireCode } from "../contract/problem.js";

/** One namespace of `sockets`. */
export interface NamespaceContract {
  /** The events that the server sends: payloads by name. */
  on: object;
  /** The events that the server takes: by name the body, `data` of the acknowledgement, and problems. */
  emit: object;
  /** Rooms by kind. `people`: what the room shows of each person in it; `never`: nothing. */
  rooms: object;
}

/** The acknowledgement of an event: `data` or `problem`, never both. */
export type Acknowledged<Data, P> = { data: Data; problem?: never } | { data?: never; problem: P };

/** A namespace of a contract. One that the contract does not have takes and sends nothing. */
export type NamespaceOf<Sockets, Path> = Path extends keyof Sockets
  ? Sockets[Path]
  : { on: {}; emit: {}; rooms: {} };

/** The events that a namespace sends. */
export type Events<Namespace> = Namespace extends { on: infer On } ? On : never;

/** The events that a namespace takes. */
export type Emits<Namespace> = Namespace extends { emit: infer Emit } ? Emit : never;

/** The rooms of a namespace. */
export type Rooms<Namespace> = Namespace extends { rooms: infer Kinds } ? Kinds : never;

/** The arguments that an event is emitted with: none, where the server takes no body. */
export type BodyOf<Event> = Event extends { body: infer Body }
  ? [Body] extends [null]
    ? []
    : [body: Body]
  : never;

/** The acknowledgement that an event is answered with. */
export type AcknowledgementOf<Event> = Event extends { data: infer Data; problems: infer Codes }
  ? Acknowledged<Data, Problem<(Codes & string) | WireCode>>
  : never;

/** The data that a room shows of each person in it. */
export type PersonOf<Room> = Room extends { people: infer Person } ? Person : never;

/** The codes with which joining a room can be refused. */
export type RoomCodeOf<Room> =
  | (Room extends { problems: infer Codes extends string } ? Codes : never)
  | WireCode;
