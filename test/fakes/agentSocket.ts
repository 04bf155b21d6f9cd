import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { GatehouseError } from "../../src/core/errors.ts";

type Handler = (params: never) => unknown;

/** An agent that answers what a test says, in a runtime directory of its own. */
export interface FakeAgent {
  readonly directory: string;
  /** For the processes that are to find it. */
  readonly env: { readonly GATEHOUSE_RUNTIME_DIR: string };
  /** Requests in the order in which they came, `hello` left out. */
  readonly requests: { readonly method: string; readonly params: unknown }[];
  notify(method: string, params: unknown): void;
  close(): Promise<void>;
}

/** @param handlers by method; one that throws a GatehouseError answers its problem. */
export async function startFakeAgent(handlers: Readonly<Record<string, Handler>>): Promise<FakeAgent> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-agent-"));
  await chmod(directory, 0o700);
  const requests: { method: string; params: unknown }[] = [];
  const sockets = new Set<Socket>();
  const connections = new Set<ReturnType<typeof createMessageConnection>>();
  const endpoint = { uri: "http://127.0.0.1:40001/credentials", tokenFile: join(directory, "token") };
  const server = createServer((socket) => {
    sockets.add(socket);
    const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    connections.add(connection);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      connections.delete(connection);
      connection.dispose();
    });
    connection.onRequest(async (method, params) => {
      if (method === "hello") return { protocol: 1, version: "0.0.0", pid: 1, mode: "user", endpoint };
      requests.push({ method, params });
      const handler = handlers[method];
      if (handler === undefined) return new ResponseError(-32601, `no ${method}`);
      try {
        return await handler(params as never);
      } catch (error) {
        if (error instanceof GatehouseError) return new ResponseError(1, error.message, error.toProblem());
        throw error;
      }
    });
    connection.listen();
  });
  await new Promise<void>((resolve) => {
    server.listen(join(directory, "agent.sock"), resolve);
  });
  return {
    directory,
    env: { GATEHOUSE_RUNTIME_DIR: directory },
    requests,
    notify(method, params) {
      for (const connection of connections) void connection.sendNotification(method, params);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await rm(directory, { recursive: true, force: true });
    },
  };
}
