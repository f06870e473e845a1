/**
 * A small but real Socket.IO server for docs/realtime.md: stored notifications on /notify, events and rooms on /live. It
 * asks the backend for the login of a handshake's cookie or token.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { onTestFinished } from "vitest";
import * as wire from "../../src/realtime/wire.js";
import type { Backend, SignedIn } from "./backend.js";
import { problem } from "./server.js";
import { answeredBody } from "./vectors.js";

// What the server says is that of the vectors that both halves read; what a test decides is filled in.
const notification = answeredBody("notification", "liked");
const summary = answeredBody("connect", wire.REALTIME_READY_EVENT);
const presence = answeredBody("room", wire.REALTIME_PRESENCE_EVENT);
const renewed = answeredBody("renewal");
const joined = answeredBody("room");

interface Row {
  seq: number;
  event: string;
  data: object;
  read_at: string | null;
}

export interface Handshake {
  path: string;
  auth: { token?: string; last?: number; login?: string };
}

export interface Sockets {
  origin: string;
  /** All handshakes, oldest first. */
  handshakes: Handshake[];
  /** The namespaces of admitted handshakes. */
  admitted: string[];
  /** The tokens with which connections were renewed. */
  renewals: string[];
  /** The bodies of `typing`, oldest first. */
  typings: object[];
  /** Returns how many connections are open. */
  connections(): number;
  /** Returns how many of them are in a namespace. */
  joined(path: string): number;
  /** Returns how many connections there have been so far. */
  connectionCount(): number;
  /** Stores a notification for a person, and pushes it. */
  notify(subject: string, event: string, data?: object): void;
  /** Pushes a notification once more. */
  repeat(subject: string, seq: number): void;
  markRead(subject: string, upTo: number): void;
  /** Drops notifications up to that number, as the retention does. */
  trim(subject: string, upTo: number): void;
  /** Returns the people in a room of /live. */
  members(room: string): string[];
  /** Sends an event to a room of /live. */
  send(room: string, event: string, data: object): void;
  /** Refuses handshakes of a namespace; `null`: no longer. */
  refuse(path: string, code: string | null, status?: number): void;
  /** Answers no handshake of a namespace before the returned function is called. */
  delay(path: string): () => void;
  /** Refuses to let people into a room; `null`: no longer. */
  lock(room: string, code: string | null, status?: number): void;
  /** Sends `dovetail:end` and closes all connections, or one namespace of them. */
  end(code: string, status: number, path?: string): void;
  /** Closes a namespace without a reason. */
  drop(path: string): void;
  /** Closes the connections of logins that have ended, as the server does twice a second. */
  watch(): void;
  /** Breaks all connections off. */
  cut(): void;
  /** Refuses connections while it is down. */
  setDown(isDown: boolean): void;
}

/** After so long those in a room hear who is in it. */
const PRESENCE_MS = 5;

const PATHS = ["/notify", "/live"];

interface Holder {
  login: SignedIn;
  token?: string;
}

export async function serveSockets(backend: Backend): Promise<Sockets> {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], serveClient: false });
  const rows = new Map<string, Row[]>();
  const trimmed = new Map<string, number>();
  const refusals = new Map<string, object>();
  const delays = new Map<string, Promise<void>>();
  const locked = new Map<string, object>();
  const holders = new Map<Socket, Holder>();
  let connectionCount = 0;
  let isDown = false;

  const rowsOf = (subject: string) => rows.get(subject) ?? rows.set(subject, []).get(subject) ?? [];
  const body = (code: string, status: number) => problem(code, status).body as object;
  const standing = (subject: string) => {
    const all = rowsOf(subject);
    return {
      ...summary,
      seq: all.at(-1)?.seq ?? 0,
      unread: all.filter((row) => !row.read_at).length,
    };
  };
  const socketsOf = (path: string) => [...io.of(path).sockets.values()];
  const notifiedOf = (subject: string) =>
    socketsOf("/notify").filter((socket) => holders.get(socket)?.login.subject === subject);

  async function identify(socket: Socket): Promise<Holder | object> {
    const { token, login: expected } = socket.handshake.auth as Handshake["auth"];
    if (token !== undefined) {
      const login = backend.families.bearer(token);
      return (backend.families.judge(token)?.body as object) ?? { login, token };
    }
    const { cookie = "" } = socket.handshake.headers;
    const answer = await fetch(`${backend.origin}/auth/session`, { headers: { cookie } });
    const { login } = (await answer.json()) as { login: SignedIn | null };
    if (!login) {
      return body(cookie ? "SESSION_EXPIRED" : "UNAUTHENTICATED", 401);
    }
    return login.id === expected ? { login } : body("SESSION_EXPIRED", 401);
  }

  async function admit(socket: Socket, next: (error?: Error) => void) {
    const path = socket.nsp.name;
    it.handshakes.push({ path, auth: socket.handshake.auth });
    await delays.get(path);
    const identified = await identify(socket);
    const unknown = PATHS.includes(path) ? undefined : body("NOT_FOUND", 404);
    const refusal =
      refusals.get(path) ?? unknown ?? ("login" in identified ? undefined : identified);
    if (refusal) {
      next(Object.assign(new Error((refusal as { code: string }).code), { data: refusal }));
    } else {
      holders.set(socket, identified as Holder);
      next();
    }
  }

  function serve(socket: Socket) {
    it.admitted.push(socket.nsp.name);
    socket.on("disconnect", () => {
      holders.delete(socket);
    });
    socket.on(wire.REALTIME_RENEW_EVENT, ({ token }, acknowledge) => {
      const refusal = backend.families.judge(token)?.body;
      if (!refusal) {
        it.renewals.push(token);
        for (const [other, holder] of holders) {
          if (other.conn === socket.conn) {
            holder.token = token;
          }
        }
      }
      acknowledge(refusal ? { problem: refusal } : renewed);
    });
    if (socket.nsp.name === "/notify") {
      begin(socket);
    } else {
      serveLive(socket);
    }
  }

  const others = io.of((_path, _auth, next) => next(null, true));
  for (const namespace of [...PATHS.map((path) => io.of(path)), others]) {
    namespace.use((socket, next) => void admit(socket, next));
    namespace.on("connection", serve);
  }

  function begin(socket: Socket) {
    const subject = holders.get(socket)?.login.subject ?? "";
    const { last } = socket.handshake.auth as Handshake["auth"];
    const now = standing(subject);
    socket.emit(wire.REALTIME_READY_EVENT, now);
    if (last === undefined) {
      return;
    }
    if (last > now.seq || last < (trimmed.get(subject) ?? 0)) {
      socket.emit(wire.REALTIME_RESET_EVENT, now);
      return;
    }
    for (const row of rowsOf(subject).filter(({ seq }) => seq > last)) {
      socket.emit(row.event, row);
    }
  }

  function serveLive(socket: Socket) {
    const me = () => holders.get(socket)?.login.subject ?? "";
    /** Tells those in a room that shows its people who they are: as the server, in a message of its own. */
    function present(room: string) {
      if (room.startsWith("post:")) {
        setTimeout(() => {
          const people = it.members(room).map((name) => ({ name }));
          const payload = { ...presence, room, people, count: people.length };
          io.of("/live").to(room).emit(wire.REALTIME_PRESENCE_EVENT, payload);
        }, PRESENCE_MS);
      }
    }
    socket.on(wire.REALTIME_JOIN_EVENT, ({ room }, acknowledge) => {
      const refusal = locked.get(room);
      if (refusal) {
        acknowledge({ problem: refusal });
        return;
      }
      void socket.join(room);
      acknowledge(joined);
      present(room);
    });
    socket.on("disconnecting", () => {
      for (const room of socket.rooms) {
        void socket.leave(room);
        present(room);
      }
    });
    socket.on(wire.REALTIME_LEAVE_EVENT, ({ room }) => {
      void socket.leave(room);
      present(room);
    });
    socket.on("typing", (sent: { post_id: number }, acknowledge) => {
      it.typings.push(sent);
      if (sent.post_id === 404) {
        acknowledge({ problem: body("NOT_FOUND", 404) });
      } else {
        socket.broadcast.emit("typing", { post_id: sent.post_id, by: me() });
        acknowledge({ data: null });
      }
    });
    socket.on("whoami", (acknowledge) => acknowledge({ data: { name: me() } }));
    // "silence" is never acknowledged.
  }

  io.engine.on("connection", (connection: { close(): void }) => {
    connectionCount += 1;
    if (isDown) {
      connection.close();
    }
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    void io.close();
    http.closeAllConnections();
  });

  const it: Sockets = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    handshakes: [],
    admitted: [],
    renewals: [],
    typings: [],
    connections: () => io.engine.clientsCount,
    joined: (path) => socketsOf(path).length,
    connectionCount: () => connectionCount,
    notify(subject, event, data = {}) {
      const all = rowsOf(subject);
      const seq = standing(subject).seq + 1;
      const row: Row = { ...notification, seq, event, data, read_at: null };
      all.push(row);
      for (const socket of notifiedOf(subject)) {
        socket.emit(event, row);
      }
    },
    repeat(subject, seq) {
      const row = rowsOf(subject).find((each) => each.seq === seq);
      for (const socket of notifiedOf(subject)) {
        socket.emit(row?.event ?? "", row);
      }
    },
    markRead(subject, upTo) {
      for (const row of rowsOf(subject).filter(({ seq }) => seq <= upTo)) {
        row.read_at ??= "2026-11-27T12:00:01Z";
      }
      for (const socket of notifiedOf(subject)) {
        socket.emit(wire.REALTIME_UNREAD_EVENT, standing(subject));
      }
    },
    trim(subject, upTo) {
      trimmed.set(subject, upTo);
    },
    members: (room) =>
      [...(io.of("/live").adapter.rooms.get(room) ?? [])].flatMap((id) => {
        const socket = io.of("/live").sockets.get(id);
        return socket ? [holders.get(socket)?.login.subject ?? ""] : [];
      }),
    send: (room, event, data) => void io.of("/live").to(room).emit(event, data),
    refuse(path, code, status = 403) {
      if (code) {
        refusals.set(path, body(code, status));
      } else {
        refusals.delete(path);
      }
    },
    delay(path) {
      const { promise, resolve } = Promise.withResolvers<void>();
      delays.set(path, promise);
      return resolve;
    },
    lock(room, code, status = 403) {
      if (code) {
        locked.set(room, body(code, status));
      } else {
        locked.delete(room);
      }
    },
    end(code, status, path) {
      for (const socket of holders.keys()) {
        if (!path || socket.nsp.name === path) {
          socket.emit(wire.REALTIME_END_EVENT, body(code, status));
          socket.disconnect(!path);
        }
      }
    },
    drop: (path) => void io.of(path).disconnectSockets(),
    watch() {
      for (const [socket, { login, token }] of holders) {
        const refusal = token === undefined ? undefined : backend.families.judge(token)?.body;
        const ending = backend.lives(login.id) ? refusal : body("SESSION_EXPIRED", 401);
        if (ending) {
          socket.emit(wire.REALTIME_END_EVENT, ending);
          socket.conn.close();
        }
      }
    },
    cut() {
      for (const { conn } of holders.keys()) {
        (conn.transport as unknown as { socket: { terminate(): void } }).socket.terminate();
      }
    },
    setDown(down) {
      isDown = down;
      if (down) {
        it.cut();
      }
    },
  };
  return it;
}
