/** One loopback port for both of the lab's public names. It passes bytes on: TLS is between the browser and the host. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { readClientHello } from "./clientHello.ts";
import { join } from "./dial.ts";

export interface SniRelay {
  readonly port: number;
  close(): Promise<void>;
}

/** Milliseconds that a client has to say whom it wants. */
const patience = 10_000;

/**
 * Listens on 127.0.0.1, and on ::1 where there is one: browsers take either for `*.localhost`.
 * @param connect a connection to who answers for the name; undefined for a hello without a name
 * @throws EADDRINUSE, EACCES for a port that can't be had on 127.0.0.1
 */
export async function startSniRelay(
  port: number,
  connect: (serverName: string | undefined) => Socket,
): Promise<SniRelay> {
  const open = new Set<Socket>();
  const onClient = (client: Socket) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => client.destroy());
    client.setTimeout(patience, () => client.destroy());
    let bytes = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const found = readClientHello(bytes);
      if (found.kind === "incomplete") return;
      client.off("data", onData);
      client.setTimeout(0);
      // What is no TLS goes to the gate as well, which refuses it: that, too, is to be seen.
      client.pause();
      join(client, connect(found.kind === "hello" ? found.serverName : undefined), bytes);
    };
    client.on("data", onData);
  };
  const half = { allowHalfOpen: true };
  const servers = [createServer(half, onClient), createServer(half, onClient)] as const;
  const bound = await listen(servers[0], port, "127.0.0.1");
  await listen(servers[1], bound, "::1").catch(() => 0);
  return {
    port: bound,
    async close() {
      const closed = servers.filter((server) => server.listening).map((server) => once(server.close(), "close"));
      for (const client of open) client.destroy();
      await Promise.all(closed);
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen({ port, host, ipv6Only: true });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
