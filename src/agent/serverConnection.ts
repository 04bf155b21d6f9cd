/**
 * The server's half of JSON-RPC 2.0 in the Language Server Protocol's framing, with bounds for everything that a peer can make grow:
 * header, message, time to send one, requests under way, answers not read.
 */
import type { Socket } from "node:net";
import { GatehouseError, type Problem, toProblem } from "../core/errors.ts";
import { maxMessageBytes, type Notification } from "./protocol.ts";

export interface Limits {
  /** Time for a whole message from its first byte on, in milliseconds: sending on slowly wins nobody more. */
  readonly messageTimeout: number;
  readonly maxRequests: number;
  /** Bytes that the peer has not read yet. */
  readonly maxUnsent: number;
}

export const defaultLimits: Limits = { messageTimeout: 10_000, maxRequests: 64, maxUnsent: 4 * 1024 * 1024 };

/** Codes of JSON-RPC 2.0 and of the Language Server Protocol (ServerNotInitialized, RequestCancelled). */
export const errorCodes = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  failed: -32000,
  notInitialized: -32002,
  cancelled: -32800,
} as const;

/** A failure of the protocol, answered under its own code. */
export class ProtocolError extends Error {
  readonly code: number;
  /** The connection is closed after the answer. */
  readonly fatal: boolean;
  constructor(code: number, message: string, fatal = false) {
    super(message);
    this.code = code;
    this.fatal = fatal;
  }
}

export interface ServerConnection {
  notify<P>(type: Notification<P>, params: P): void;
  close(): void;
}

export interface ServerConnectionDependencies {
  readonly socket: Socket;
  /** Answers a request, or throws GatehouseError or ProtocolError. The signal aborts when the peer cancels or goes. */
  readonly handle: (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;
  /** Called once; `reason` says why when the peer broke the rules. */
  readonly onClose: (reason: string | undefined) => void;
  readonly limits?: Partial<Limits>;
}

const separator = Buffer.from("\r\n\r\n");
const maxHeaderBytes = 1024;

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

export function serveConnection(deps: ServerConnectionDependencies): ServerConnection {
  const { socket } = deps;
  const limits = { ...defaultLimits, ...deps.limits };
  const requests = new Map<number | string, AbortController>();
  let chunks: Buffer[] = [];
  let buffered = 0;
  /** Bytes that must be there before it is worth looking again. */
  let needed = 1;
  let deadline: NodeJS.Timeout | undefined;
  let open = true;

  const close = (reason?: string): void => {
    if (!open) return;
    open = false;
    clearTimeout(deadline);
    chunks = [];
    for (const request of requests.values()) request.abort();
    requests.clear();
    if (reason === undefined) socket.destroySoon();
    else socket.destroy();
    deps.onClose(reason);
  };

  const send = (message: object): void => {
    if (!open) return;
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    if (socket.writableLength > limits.maxUnsent) close("it does not read what it asked for");
  };

  const run = async (id: number | string, method: string, params: unknown): Promise<void> => {
    if (requests.has(id)) return close("it used the id of a request that is under way");
    const controller = new AbortController();
    requests.set(id, controller);
    try {
      if (requests.size > limits.maxRequests)
        throw new ProtocolError(errorCodes.invalidRequest, "too many requests at once");
      const result = await deps.handle(method, params, controller.signal);
      send({ id, result: result ?? null });
    } catch (error) {
      send({ id, error: errorOf(error) });
      if (error instanceof ProtocolError && error.fatal) close(error.message);
    } finally {
      requests.delete(id);
    }
  };

  const receive = (message: Message): void => {
    if (typeof message !== "object" || message === null || typeof message.method !== "string") {
      close("it sent something that is no request");
      return;
    }
    const { id, method } = message;
    // vscode-jsonrpc wraps what is no object, and "no parameters" is an empty list.
    const params = Array.isArray(message.params) ? message.params[0] : message.params;
    if (typeof id === "number" || typeof id === "string") {
      // Failures inside are answered; `run` itself does not reject.
      void run(id, method, params);
    } else if (method === "$/cancelRequest") {
      const cancelled = (params as { id?: unknown } | undefined)?.id;
      if (typeof cancelled === "number" || typeof cancelled === "string") requests.get(cancelled)?.abort();
    }
    // Other notifications mean nothing to this server; JSON-RPC has no answer to them.
  };

  /** Takes the next whole message out of the buffer. */
  const next = (): Message | undefined => {
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, buffered);
    chunks = [all];
    const end = all.indexOf(separator);
    if (end < 0 || end > maxHeaderBytes) {
      if (buffered > maxHeaderBytes) close("it sent something that is no message");
      needed = buffered + 1;
      return undefined;
    }
    const length = Number(/^content-length: *(\d{1,8}) *$/im.exec(all.toString("latin1", 0, end))?.[1] ?? Number.NaN);
    if (!(length <= maxMessageBytes)) {
      close(Number.isNaN(length) ? "it sent a message without a length" : `it sent a message of ${length} bytes`);
      return undefined;
    }
    const start = end + separator.length;
    needed = start + length;
    if (buffered < needed) return undefined;
    const body = all.toString("utf8", start, start + length);
    chunks = [all.subarray(start + length)];
    buffered -= start + length;
    needed = 1;
    try {
      return JSON.parse(body) as Message;
    } catch {
      close("it sent a message that is not JSON");
      return undefined;
    }
  };

  socket.on("data", (chunk: Buffer) => {
    if (!open) return;
    chunks.push(chunk);
    buffered += chunk.length;
    while (open && buffered >= needed) {
      const message = next();
      if (message === undefined) break;
      clearTimeout(deadline);
      deadline = undefined;
      receive(message);
    }
    if (!open || buffered === 0) return;
    deadline ??= setTimeout(() => close("it did not finish a message"), limits.messageTimeout).unref();
  });
  socket.on("error", () => close());
  socket.on("end", () => close(buffered > 0 ? "it left in the middle of a message" : undefined));
  socket.on("close", () => close());

  return {
    notify: (type, params) => send({ method: type.method, params: params ?? [null] }),
    close: () => close(),
  };
}

function errorOf(error: unknown): { code: number; message: string; data: Problem } {
  if (error instanceof ProtocolError) {
    return { code: error.code, message: error.message, data: { code: "internal", params: { detail: error.message } } };
  }
  const problem = toProblem(error);
  const code = error instanceof GatehouseError && error.code === "cancelled" ? errorCodes.cancelled : errorCodes.failed;
  return { code, message: problem.code, data: problem };
}
