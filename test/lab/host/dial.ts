/**
 * Connections out of a network namespace: a Unix socket whose clients say in a first line where they want to go (`ADDRESS PORT`), and
 * from then on talk to that. Unix sockets are found by their path in every network namespace.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Listens on the Unix socket `path`, whose directory has to be private: whoever may connect goes anywhere. */
export async function listenForDialers(path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => client.destroy());
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\n");
      if (end < 0) {
        if (head.length > 200) client.destroy();
        return;
      }
      client.off("data", onData);
      client.pause();
      const [host = "", port = ""] = head.subarray(0, end).toString("latin1").split(" ");
      join(client, connect({ host, port: Number(port), allowHalfOpen: true }), head.subarray(end + 1));
    };
    client.on("data", onData);
  });
  server.listen(path);
  await once(server, "listening");
  return server;
}

/** A connection to `address` and `port` as they are seen where the socket's server runs. */
export function dial(path: string, address: string, port: number): Socket {
  const socket = connect({ path, allowHalfOpen: true });
  socket.write(`${address} ${port}\n`);
  return socket;
}

/** Joins two connections (with `allowHalfOpen`) until both have ended; `first` is what `client` has sent already. */
export function join(client: Socket, target: Socket, first: Uint8Array = new Uint8Array()): void {
  if (first.length > 0) target.write(first);
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    // After an orderly end the other half may still have something to say; `pipe` passes the end on.
    from.on("close", () => {
      if (!from.readableEnded) to.destroy();
    });
  }
  client.setNoDelay(true);
  target.setNoDelay(true);
}
