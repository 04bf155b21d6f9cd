import { writeSync } from "node:fs";
import { createConnection } from "node:net";
import { getCredentials, hello, maxMessageBytes, type ProcessCredentials, protocolVersion } from "../agent/protocol.ts";
import { processCredentials } from "../core/credentials/processCredentials.ts";
import { checkSocket } from "../core/runtimeDirectory.ts";
import type { Base } from "./context.ts";

/** After that the patient way takes over, which also knows what to say. In milliseconds. */
const patience = 3000;

/**
 * `gatehouse credentials` where all is well, as SDKs start it again and again: nothing is loaded but the socket.
 *
 * @returns false for whatever else happens (no agent, a refusal, another version); nothing was printed then, and the agent has to
 * be asked by the client proper.
 */
export async function printAtOnce({ process, paths, version }: Base): Promise<boolean> {
  try {
    checkSocket(paths);
  } catch {
    return false;
  }
  const credentials = await ask(paths.socket, version);
  if (credentials === undefined) return false;
  const text = `${JSON.stringify(processCredentials(credentials))}\n`;
  let written = 0;
  try {
    // Opening process.stdout takes as long as asking the agent does.
    written = writeSync(1, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return false;
  }
  // A pipe that takes no more for now. Keys are ASCII: a byte is a character.
  if (written < text.length) process.stdout.write(text.slice(written));
  return true;
}

/** Sends the request in one message with `hello`, without waiting for the answer to that. */
function ask(path: string, version: string): Promise<ProcessCredentials | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const finish = (answer?: ProcessCredentials) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, patience);
    let buffer: Buffer = Buffer.alloc(0);
    socket.on("error", () => finish());
    socket.on("close", () => finish());
    socket.on("data", (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      if (buffer.length > maxMessageBytes) return finish();
      for (;;) {
        const end = buffer.indexOf("\r\n\r\n");
        if (end < 0) return;
        const length = Number(/content-length: *(\d+)/i.exec(buffer.toString("latin1", 0, end))?.[1]);
        if (!(buffer.length >= end + 4 + length)) return;
        const message = parse(buffer.toString("utf8", end + 4, end + 4 + length));
        if (message === undefined || message.error !== undefined) return finish();
        if (message.id === 2) return finish(message.result);
        buffer = buffer.subarray(end + 4 + length);
      }
    });
    const params = { protocol: protocolVersion, client: "cli", version };
    socket.write(frame({ id: 1, method: hello.method, params }) + frame({ id: 2, method: getCredentials.method }));
  });
}

function frame(request: object): string {
  const body = JSON.stringify({ jsonrpc: "2.0", ...request });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

interface Message {
  readonly id?: number;
  readonly result?: ProcessCredentials;
  readonly error?: unknown;
}

function parse(body: string): Message | undefined {
  try {
    return JSON.parse(body) as Message;
  } catch {
    return undefined;
  }
}
