/** A loopback port of this machine that leads elsewhere. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "./dial.ts";

export interface PortRelay {
  readonly port: number;
  close(): Promise<void>;
}

/** @param connect opens the other end, once for each client */
export async function startPortRelay(connect: () => Socket): Promise<PortRelay> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => client.destroy());
    join(client, connect());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close() {
      const closed = once(server.close(), "close");
      for (const client of open) client.destroy();
      await closed;
    },
  };
}
