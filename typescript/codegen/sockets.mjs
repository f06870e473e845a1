/**
 * The sockets of an AsyncAPI 3 document as one more schema of an OpenAPI document, which openapi-typescript can read: of
 * each namespace what the server sends (`on`), what it takes and acknowledges (`emit`), and its rooms.
 */
import ts from "typescript";

/** What that schema is called. */
export const SOCKETS = "sockets";

/** What JSON Schema cannot say, in words that `asType` reads. */
const NEVER = { "x-dovetail-type": "never" };
const NOTHING = { "x-dovetail-type": "nothing" };

/** @returns an OpenAPI 3.1 document with the same schemas, and that one. */
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
        ["on", objectOf(sent(document, channel))],
        ["emit", objectOf(taken(document, channel))],
        ["rooms", objectOf(rooms(channel))],
      ]),
    ]),
  );
  return { openapi: "3.1.0", info, paths: {}, components: { schemas } };
}

function sent(document, channel) {
  return operations(document, channel, "send").flatMap(({ messages }) =>
    messages.map((reference) => {
      const { name, payload, summary } = resolve(document, reference);
      return [name, described(payload, summary)];
    }),
  );
}

function taken(document, channel) {
  return operations(document, channel, "receive").map((operation) => {
    const { name, payload } = resolve(document, operation.messages[0]);
    const acknowledgement = resolve(document, operation.reply.messages[0]);
    const members = objectOf([
      ["body", payload],
      ["data", acknowledgement.payload],
      ["problems", anyOf(operation["x-dovetail-problems"])],
    ]);
    return [name, described(members, operation.summary)];
  });
}

function rooms(channel) {
  return Object.entries(channel["x-dovetail-rooms"] ?? {}).map(([kind, { people, problems }]) => [
    kind,
    objectOf([
      ["people", people ?? NEVER],
      ["problems", anyOf(problems)],
    ]),
  ]);
}

/** The actions are the server's. */
function operations(document, channel, action) {
  return Object.values(document.operations ?? {}).filter(
    (operation) => operation.action === action && resolve(document, operation.channel) === channel,
  );
}

/** What a reference says, through further ones. */
function resolve(document, { $ref }) {
  const found = $ref
    .split("/")
    .slice(1)
    .reduce((at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  if (!found) {
    throw new Error(`${$ref} leads nowhere`);
  }
  return found.$ref ? resolve(document, found) : found;
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

/** openapi-typescript's `transform`. */
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

function described(schema, description) {
  return description ? { ...schema, description } : schema;
}
