/** A small server for uploads: tickets, part addresses that expire, and commits that check the parts. */
import { createHash } from "node:crypto";
import type { PartUrl, Ticket, UploadedFile } from "../../src/files/types.js";
import { type Backend, type BackendOptions, type SignedIn, serveBackend } from "./backend.js";
import type { Answer, Received } from "./server.js";
import { uploadRefusal, uploadVectors } from "./vectors.js";

// The answers are those of the vectors that both halves read; what an upload decides is filled in.
const [example] = uploadVectors.tickets;
const partExample = example.ticket.body.parts[0];
const listExample = uploadVectors.tickets.find(({ found }) => found)?.found?.body.items[0];

interface StoredUpload {
  key: string;
  owner: string;
  announced: Pick<Ticket, "name" | "content_type" | "size" | "purpose">;
  fingerprint: string | null;
  part_size: number;
  parts: Map<number, Buffer>;
}

interface StoredFile extends StoredUpload {
  id: string;
  bytes: Buffer;
}

/**
 * How a PUT is treated: with an answer and without storing it; `"lost"`: stored, but the answer is lost; `"reset"`: the
 * connection breaks; `null`: stored and answered.
 */
export type Fate = Answer | "lost" | "reset" | null;

export interface Storage extends Backend {
  /** Uploads under way, by key. */
  uploads: Map<string, StoredUpload>;
  /** Committed files, by the key of their upload. */
  files: Map<string, StoredFile>;
  partSize: number;
  /** Decides over each PUT whose body has arrived, in order. `times`: how often the part has arrived. */
  fate(put: { key: string; number: number; times: number }): Fate | Promise<Fate>;
  /** Refuses all present addresses. */
  expireUrls(): void;
  /** Returns the part numbers of complete PUTs, oldest first. */
  puts(): number[];
  /** The highest number of PUTs at the same time. */
  atOnce: number;
  /** Drops all uploads under way, as a sweep does. */
  sweep(): void;
}

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "PUT",
  "Access-Control-Allow-Headers": "Content-Type",
  "Access-Control-Expose-Headers": "Retry-After",
};

export async function serveStorage(options: BackendOptions = {}): Promise<Storage> {
  const backend = await serveBackend({ ...options, open: capability, resource });
  const sendings = new Map<string, number>();
  let generation = 1;
  let underWay = 0;
  let uploadCount = 0;

  const storage: Storage = Object.assign(backend, {
    uploads: new Map(),
    files: new Map(),
    partSize: 4,
    fate: () => null,
    expireUrls: () => {
      generation += 1;
    },
    puts: () =>
      backend.received
        .filter(({ method }) => method === "PUT")
        .map(({ url }) => Number(/(\d+)\?/.exec(url)?.[1])),
    atOnce: 0,
    sweep: () => storage.uploads.clear(),
  });

  async function put(request: Received, destroy: () => void): Promise<Answer | "answered"> {
    const [, key = "", digits, query] = /upload\/(\w+)\/(\d+)\?(.*)/.exec(request.url) ?? [];
    const number = Number(digits);
    const times = (sendings.get(`${key} ${number}`) ?? 0) + 1;
    sendings.set(`${key} ${number}`, times);
    const fate = await storage.fate({ key, number, times });
    if (fate === "reset") {
      destroy();
      return "answered";
    }
    if (fate && fate !== "lost") {
      return fate;
    }
    const signed = new URLSearchParams(query);
    if (signed.get("generation") !== String(generation)) {
      return uploadRefusal("expired-url");
    }
    if (!storage.lives(signed.get("login") ?? "")) {
      return uploadRefusal("login-ended");
    }
    const upload = storage.uploads.get(key);
    if (!upload) {
      return uploadRefusal("called-off");
    }
    if (request.body.length !== lengthOf(upload, number)) {
      return uploadRefusal("wrong-size");
    }
    upload.parts.set(number, request.body);
    if (fate === "lost") {
      destroy();
      return "answered";
    }
    return { status: 204 };
  }

  function capability(
    request: Received,
    raw: { destroy(): void },
  ): Promise<Answer | "answered"> | Answer | null {
    if (request.method === "OPTIONS") {
      return { status: 204, headers: CORS };
    }
    if (request.method !== "PUT") {
      return null;
    }
    underWay += 1;
    storage.atOnce = Math.max(storage.atOnce, underWay);
    return put(request, () => raw.destroy())
      .then((answer) =>
        answer === "answered" ? answer : { ...answer, headers: { ...CORS, ...answer.headers } },
      )
      .finally(() => {
        underWay -= 1;
      });
  }

  function ticket(upload: StoredUpload, login: SignedIn): Ticket {
    const numbers = Array.from({ length: countOf(upload) }, (_, index) => index + 1);
    const query = `generation=${generation}&login=${login.id}`;
    return {
      ...example.ticket.body,
      ...upload.announced,
      key: upload.key,
      part_size: upload.part_size,
      part_count: countOf(upload),
      arrived: numbers.filter((number) => upload.parts.has(number)),
      parts: numbers
        .filter((number) => !upload.parts.has(number))
        .slice(0, 100)
        .map((number) => ({
          ...(partExample as PartUrl),
          number,
          size: lengthOf(upload, number),
          url: `${backend.origin}/files/upload/${upload.key}/${number}?${query}`,
        })),
      urls_expire_at: new Date(Date.now() + 900_000).toISOString(),
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    };
  }

  function commit({ key, parts = [] }: { key: string; parts?: SentPart[] }, owner: string): Answer {
    const before = storage.files.get(key);
    if (before) {
      return { body: publicFile(before) };
    }
    const upload = storage.uploads.get(key);
    if (upload?.owner !== owner) {
      return uploadRefusal("commit-unknown");
    }
    const numbers = Array.from({ length: countOf(upload) }, (_, index) => index + 1);
    const missing = numbers.filter((number) => !upload.parts.has(number));
    if (missing.length > 0) {
      const { body, ...answer } = uploadRefusal("incomplete");
      return { ...answer, body: { ...(body as object), missing } };
    }
    const content = (number: number) => upload.parts.get(number) ?? Buffer.of();
    storage.uploads.delete(key);
    if (parts.some(({ number, sha256 }) => sha256 !== hexOf(content(number)))) {
      return uploadRefusal("checksum");
    }
    const file = { ...upload, id: `file-of-${key}`, bytes: Buffer.concat(numbers.map(content)) };
    storage.files.set(key, file);
    return { body: publicFile(file) };
  }

  function resource(request: Received, login: SignedIn): Answer | null {
    const [path = "", query] = request.url.split("?");
    const [, key = ""] = /^\/files\/upload\/(\w+)$/.exec(path) ?? [];
    const body = request.method === "POST" && JSON.parse(String(request.body));
    if (path === "/files/upload/presign") {
      uploadCount += 1;
      const { fingerprint = null, purpose = "file", ...announced } = body;
      const upload: StoredUpload = {
        fingerprint,
        announced: { ...announced, purpose },
        key: `key${uploadCount}`,
        owner: login.subject,
        part_size: storage.partSize,
        parts: new Map(),
      };
      storage.uploads.set(upload.key, upload);
      return { status: 201, body: ticket(upload, login) };
    }
    if (path === "/files/upload/commit") {
      return commit(body, login.subject);
    }
    if (path === "/files/upload") {
      const fingerprint = new URLSearchParams(query).get("fingerprint");
      const items = [...storage.uploads.values()].filter(
        (upload) => upload.owner === login.subject && upload.fingerprint === fingerprint,
      );
      const listed = items.map((upload) => ({
        ...listExample,
        ...upload.announced,
        key: upload.key,
        fingerprint: upload.fingerprint,
      }));
      return { body: { items: listed.toReversed() } };
    }
    if (key && request.method === "DELETE") {
      storage.uploads.delete(key);
      return { status: 204 };
    }
    if (key) {
      const upload = storage.uploads.get(key);
      return upload?.owner === login.subject
        ? { body: ticket(upload, login) }
        : uploadRefusal("status-unknown");
    }
    if (path.startsWith("/files/file-of-") && request.method === "DELETE") {
      return storage.files.delete(path.replace("/files/file-of-", ""))
        ? { status: 204 }
        : uploadRefusal("status-unknown");
    }
    return null;
  }

  return storage;
}

interface SentPart {
  number: number;
  sha256: string;
}

const countOf = ({ announced, part_size }: StoredUpload) =>
  Math.max(1, Math.ceil(announced.size / part_size));

const lengthOf = ({ announced, part_size }: StoredUpload, number: number) =>
  Math.min(part_size, announced.size - (number - 1) * part_size);

const hexOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

const publicFile = (file: StoredFile): UploadedFile => ({
  ...example.file.body,
  ...file.announced,
  id: file.id,
  content_url: `/files/${file.id}/content`,
});
