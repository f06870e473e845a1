/** A cable in front of a port that can really be cut: what runs over it breaks off, what comes is refused. */

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Line {
  /** On loopback. */
  port: number;
  /** Breaks every connection, and takes no other one until it is mended. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** @param target the port that it leads to; nothing has to listen there yet. */
export async function layLine(port: number, target: number): Promise<Line> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy()).on("close", () => open.delete(from));
      from.pipe(to);
    }
  });
  const mend = async () => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  await mend();
  return {
    port,
    mend,
    async cut() {
      if (!server.listening) {
        return;
      }
      const closed = once(server, "close");
      server.close();
      for (const socket of open) {
        socket.resetAndDestroy();
      }
      await closed;
    },
  };
}
