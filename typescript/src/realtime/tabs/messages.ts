/** What tabs that share a connection tell each other, and whether it can be used: a tab of another version may differ. */
import { isProblem } from "../contract/problem.js";
import { type Answer, isStanding, isStored, type Said, type State, type Wants } from "./shared.js";

export type Message =
  /** To the one that leads: I am here, and want this. */
  | { kind: "want"; tab: string; wants: Wants; seen: number | null; hurry: boolean }
  | { kind: "call"; tab: string; id: number; path: string; name: string; body: unknown }
  /** To one of the others. Without an answer: the connection was lost. */
  | { kind: "answer"; tab: string; id: number; answer?: Answer }
  /** To all others. */
  | { kind: "state"; leader: string; state: State }
  | { kind: "said"; leader: string; said: Said };

type Shape = Record<string, unknown>;

const isObject = (value: unknown): value is Shape => typeof value === "object" && value !== null;
const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isStandingOrNone = (value: unknown) => value === null || isStanding(value);

const SHAPES: Record<Message["kind"], (message: Shape) => boolean> = {
  want: ({ tab, wants, seen }) =>
    isText(tab) &&
    isObject(wants) &&
    Object.values(wants).every((rooms) => Array.isArray(rooms) && rooms.every(isText)) &&
    (seen === null || isNumber(seen)),
  call: ({ tab, id, path, name }) => isText(tab) && isNumber(id) && isText(path) && isText(name),
  answer: ({ tab, id, answer }) =>
    isText(tab) &&
    isNumber(id) &&
    (answer === undefined ||
      (isObject(answer) && (answer.problem === undefined || isProblem(answer.problem)))),
  state: ({ leader, state }) =>
    isText(leader) &&
    isObject(state) &&
    isStandingOrNone(state.standing) &&
    isObject(state.spaces) &&
    Object.values(state.spaces).every(
      (space) => isObject(space) && isStatus(space.status) && areRooms(space.rooms),
    ),
  said: ({ leader, said }) =>
    isText(leader) &&
    isObject(said) &&
    isText(said.path) &&
    isText(said.name) &&
    (said.standing === undefined || isStandingOrNone(said.standing)) &&
    (said.after === undefined || (isNumber(said.after) && isStored(said.data))),
};

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
        isText(room.by) &&
        (room.problem === undefined || isProblem(room.problem)) &&
        (room.people === undefined || Array.isArray(room.people)),
    )
  );
}
