/** Messages between tabs that share a connection. They are checked, since any page of the origin may send others. */
import { isProblem } from "../../contract/problem.js";
import {
  type Acknowledgement,
  isStoredNotification,
  isSummary,
  type ServerEvent,
  type SharedState,
  type WantedRooms,
} from "../state.js";

/**
 * The version of the messages, and of what a leader does for its followers.
 *
 * It is part of the names of the channel and the locks, so that tabs of two releases, as after a deploy, neither
 * misunderstand each other nor take the lead from each other: each release has a connection. Raise it with every change
 * that a tab of the release before would not understand.
 */
export const PROTOCOL = 1;

/** A message between tabs. */
export type Message =
  /** To the leader: this tab is here, and wants this. */
  | { kind: "want"; tab: string; wanted: WantedRooms; last: number | null; hurry: boolean }
  /** To the leader: emit this event. */
  | {
      kind: "emit";
      tab: string;
      id: number;
      path: string;
      name: string;
      body: unknown;
      until: number;
    }
  /** To one follower. Without an acknowledgement: the connection was lost. */
  | { kind: "acknowledgement"; tab: string; id: number; acknowledgement?: Acknowledgement }
  /** To all followers. */
  | { kind: "state"; leader: string; state: SharedState }
  /** To all followers. */
  | { kind: "event"; leader: string; event: ServerEvent };

type Shape = Record<string, unknown>;

const isObject = (value: unknown): value is Shape => typeof value === "object" && value !== null;
const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isSummaryOrNull = (value: unknown) => value === null || isSummary(value);

const SHAPES: Record<Message["kind"], (message: Shape) => boolean> = {
  want: ({ tab, wanted, last }) =>
    isText(tab) &&
    isObject(wanted) &&
    Object.values(wanted).every((rooms) => Array.isArray(rooms) && rooms.every(isText)) &&
    (last === null || isNumber(last)),
  emit: ({ tab, id, path, name, until }) =>
    isText(tab) && isNumber(id) && isText(path) && isText(name) && isNumber(until),
  acknowledgement: ({ tab, id, acknowledgement }) =>
    isText(tab) &&
    isNumber(id) &&
    (acknowledgement === undefined ||
      (isObject(acknowledgement) &&
        (acknowledgement.problem === undefined || isProblem(acknowledgement.problem)))),
  state: ({ leader, state }) =>
    isText(leader) &&
    isObject(state) &&
    isSummaryOrNull(state.summary) &&
    isObject(state.namespaces) &&
    Object.values(state.namespaces).every(
      (namespace) => isObject(namespace) && isStatus(namespace.status) && areRooms(namespace.rooms),
    ),
  event: ({ leader, event }) =>
    isText(leader) &&
    isObject(event) &&
    isText(event.path) &&
    isText(event.name) &&
    (event.summary === undefined || isSummaryOrNull(event.summary)) &&
    (event.after === undefined || (isNumber(event.after) && isStoredNotification(event.data))),
};

/** Whether `value` is a message that this version understands. */
export function isMessage(value: unknown): value is Message {
  return isObject(value) && Object.hasOwn(SHAPES, String(value.kind))
    ? SHAPES[value.kind as Message["kind"]](value)
    : false;
}

function isStatus(status: unknown): boolean {
  return (
    isObject(status) &&
    isText(status.state) &&
    (status.state !== "refused" || isProblem(status.problem))
  );
}

function areRooms(rooms: unknown): boolean {
  return (
    isObject(rooms) &&
    Object.values(rooms).every(
      (room) =>
        isObject(room) &&
        isText(room.joinedBy) &&
        (room.problem === undefined || isProblem(room.problem)) &&
        (room.people === undefined || Array.isArray(room.people)),
    )
  );
}
