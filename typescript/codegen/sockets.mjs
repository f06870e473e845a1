/**
 * Converts an AsyncAPI 3 document to an OpenAPI document, which openapi-typescript can read. The sockets are one more
 * schema: for each namespace the events that the server sends (`on`), those that it takes (`emit`), and the rooms.
 */
import ts from "typescript";

/** The name of that schema. */
export const SOCKETS = "sockets";

/** Types that JSON Schema cannot express. `asType` writes them. */
const NEVER = { "x-dovetail-type": "never" };
const NOTHING = { "x-dovetail-type": "nothing" };

/** @returns an OpenAPI 3.1 document with the same schemas and the schema of the sockets. */
export function asOpenApi(document) {
  const { info, channels, components } = document;
  const schemas = { ...components?.schemas };
  if (SOCKETS in schemas) {
    throw new Error(`the name of the schema "${SOCKETS}" is taken`);
  }
  schemas[SOCKETS] = objectOf(
    Object.values(channels).map((channel) => [
      channel.address,
      objectOf([
        ["on", objectOf(eventsSent(document, channel))],
        ["emit", objectOf(eventsTaken(document, channel))],
        ["rooms", objectOf(roomsOf(channel))],
      ]),
    ]),
  );
  return { openapi: "3.1.0", info, paths: {}, components: { schemas } };
}

function eventsSent(document, channel) {
  return operationsOf(document, channel, "send").flatMap(({ messages }) =>
    messages.map((reference) => {
      const { name, payload, summary } = resolve(document, reference);
      return [name, withDescription(payload, summary)];
    }),
  );
}

function eventsTaken(document, channel) {
  return operationsOf(document, channel, "receive").map((operation) => {
    const { name, payload } = resolve(document, operation.messages[0]);
    const acknowledgement = resolve(document, operation.reply.messages[0]);
    const members = objectOf([
      ["body", payload],
      ["data", acknowledgement.payload],
      ["problems", anyOf(operation["x-dovetail-problems"])],
    ]);
    return [name, withDescription(members, operation.summary)];
  });
}

function roomsOf(channel) {
  return Object.entries(channel["x-dovetail-rooms"] ?? {}).map(([kind, { people, problems }]) => [
    kind,
    objectOf([
      ["people", people ?? NEVER],
      ["problems", anyOf(problems)],
    ]),
  ]);
}

/** @param action of the server: "send" or "receive". */
function operationsOf(document, channel, action) {
  return Object.values(document.operations ?? {}).filter(
    (operation) => operation.action === action && resolve(document, operation.channel) === channel,
  );
}

/** @returns the object to which a reference leads, through further references. */
function resolve(document, { $ref }) {
  const target = $ref
    .split("/")
    .slice(1)
    .reduce((at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  if (!target) {
    throw new Error(`${$ref} leads nowhere`);
  }
  return target.$ref ? resolve(document, target) : target;
}

function objectOf(members) {
  if (members.length === 0) {
    return NOTHING;
  }
  return {
    type: "object",
    properties: Object.fromEntries(members),
    required: members.map(([name]) => name),
    additionalProperties: false,
  };
}

function anyOf(codes = []) {
  return codes.length > 0 ? { type: "string", enum: codes } : NEVER;
}

/** The `transform` of openapi-typescript: writes the types of `x-dovetail-type`. */
export function asType(schema) {
  switch (schema["x-dovetail-type"]) {
    case "never":
      return ts.factory.createKeywordTypeNode(ts.SyntaxKind.NeverKeyword);
    case "nothing":
      return ts.factory.createTypeLiteralNode([]);
    default:
      return undefined;
  }
}

function withDescription(schema, description) {
  return description ? { ...schema, description } : schema;
}
