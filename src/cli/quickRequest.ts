import { createConnection } from "node:net";
import { hello, maxMessageBytes, protocolVersion, type Request } from "../agent/protocol.ts";
import { checkSocket, type RuntimePaths } from "../core/runtimeDirectory.ts";

/** After that the patient way takes over, which also knows what to say. In milliseconds. */
const patience = 3000;

/**
 * Asks a running agent at once, in one message together with `hello`, for what SDKs start a process for again and again: no
 * connection to keep, no cancellation, nothing loaded but the socket.
 *
 * @returns the results in the order of the requests, or undefined for whatever else happens (no agent, a refusal, another version):
 * then it has to be asked again by the client proper.
 */
export function quickRequest(
  paths: RuntimePaths,
  version: string,
  requests: readonly Request<undefined, unknown>[],
): Promise<readonly unknown[] | undefined> {
  return new Promise((resolve) => {
    try {
      checkSocket(paths);
    } catch {
      return resolve(undefined);
    }
    const socket = createConnection(paths.socket);
    const results: unknown[] = [];
    const finish = (answer: readonly unknown[] | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, patience, undefined);
    let buffer: Buffer = Buffer.alloc(0);
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(undefined));
    socket.on("data", (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      if (buffer.length > maxMessageBytes) return finish(undefined);
      for (;;) {
        const end = buffer.indexOf("\r\n\r\n");
        const length = Number(/content-length: *(\d+)/i.exec(buffer.toString("latin1", 0, Math.max(end, 0)))?.[1]);
        if (end < 0 || !(buffer.length >= end + 4 + length)) return;
        const message = parse(buffer.toString("utf8", end + 4, end + 4 + length));
        buffer = buffer.subarray(end + 4 + length);
        if (message === undefined || message.error !== undefined) return finish(undefined);
        if (message.id !== undefined && message.id > 0) results[message.id - 1] = message.result;
        if (requests.every((_, index) => results[index] !== undefined)) return finish(results);
      }
    });
    const params = { protocol: protocolVersion, client: "cli", version };
    socket.write(
      [{ method: hello.method, params }, ...requests.map(({ method }) => ({ method }))]
        .map((request, id) => JSON.stringify({ jsonrpc: "2.0", id, ...request }))
        .map((body) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
        .join(""),
    );
  });
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

function parse(body: string): Message | undefined {
  try {
    return JSON.parse(body) as Message;
  } catch {
    return undefined;
  }
}
