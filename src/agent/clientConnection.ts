/**
 * The client's half of JSON-RPC 2.0 (https://www.jsonrpc.org/specification) in the framing of the Language Server Protocol's base
 * protocol. Written here because vscode-jsonrpc is 60 KB minified: the whole budget of dist/extension.js, and most of its load time.
 */
import type { Duplex } from "node:stream";
import { GatehouseError, type Problem, problemCodes } from "../core/errors.ts";
import { maxMessageBytes, type Notification, type Request } from "./protocol.ts";

export interface ClientConnection {
  /**
   * Sends a request. Rejects with the GatehouseError that the agent answered, `cancelled` when the signal aborts (the agent is told),
   * `agentUnavailable` when the connection is lost first.
   */
  request<P, R>(type: Request<P, R>, params?: P, signal?: AbortSignal): Promise<R>;
  /** Calls `listener` for each notification of that kind. */
  onNotification<P>(type: Notification<P>, listener: (params: P) => void): void;
  /** Calls `listener` once the connection is gone, for whatever reason. */
  onClose(listener: () => void): void;
  dispose(): void;
}

interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: GatehouseError): void;
}

const separator = "\r\n\r\n";

/** Speaks JSON-RPC as a client on a connected stream. A message that can't be read, or is too long, ends the connection. */
export function createClientConnection(stream: Duplex): ClientConnection {
  const pending = new Map<number, Pending>();
  const notified = new Map<string, ((params: never) => void)[]>();
  const closed: (() => void)[] = [];
  let buffer: Buffer = Buffer.alloc(0);
  let lastId = 0;
  let open = true;

  const close = (detail: string): void => {
    if (!open) return;
    open = false;
    stream.destroy();
    for (const { reject } of pending.values()) reject(new GatehouseError("agentUnavailable", { detail }));
    pending.clear();
    for (const listener of closed) listener();
  };

  const send = (message: object): void => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    stream.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}${separator}`), body]));
  };

  const receive = (message: Message): void => {
    if (message.method !== undefined) {
      // vscode-jsonrpc sends null and other non-objects as a list of one.
      const params = Array.isArray(message.params) ? message.params[0] : message.params;
      for (const listener of notified.get(message.method) ?? []) listener(params as never);
      return;
    }
    const waiting = pending.get(Number(message.id));
    if (waiting === undefined) return;
    pending.delete(Number(message.id));
    if (message.error === undefined) waiting.resolve(message.result);
    else waiting.reject(errorOf(message.error));
  };

  const read = (chunk: Buffer): void => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    while (open) {
      const end = buffer.indexOf(separator);
      if (end < 0) {
        if (buffer.length > 4096) close("the answer has no header");
        return;
      }
      const length = Number(/^content-length: *(\d+) *$/im.exec(buffer.toString("latin1", 0, end))?.[1] ?? Number.NaN);
      if (!(length <= maxMessageBytes)) {
        close("the answer has no valid length");
        return;
      }
      const start = end + separator.length;
      if (buffer.length < start + length) return;
      const body = buffer.toString("utf8", start, start + length);
      buffer = buffer.subarray(start + length);
      let message: Message;
      try {
        message = JSON.parse(body) as Message;
      } catch {
        close("the answer is not JSON");
        return;
      }
      receive(message);
    }
  };

  stream.on("data", read);
  stream.on("error", (error: Error) => close(error.message));
  stream.on("close", () => close("the connection was closed"));

  return {
    request<P, R>(type: Request<P, R>, params?: P, signal?: AbortSignal): Promise<R> {
      return new Promise<R>((resolve, reject) => {
        if (signal?.aborted) return reject(new GatehouseError("cancelled"));
        if (!open) return reject(new GatehouseError("agentUnavailable", { detail: "the connection was closed" }));
        const id = ++lastId;
        const abort = (): void => {
          if (!pending.delete(id)) return;
          send({ method: "$/cancelRequest", params: { id } });
          reject(new GatehouseError("cancelled"));
        };
        const settled = (): void => signal?.removeEventListener("abort", abort);
        pending.set(id, {
          resolve(result) {
            settled();
            resolve(result as R);
          },
          reject(error) {
            settled();
            reject(error);
          },
        });
        signal?.addEventListener("abort", abort, { once: true });
        send({ id, method: type.method, ...(params === undefined ? {} : { params }) });
      });
    },
    onNotification(type, listener) {
      notified.set(type.method, [...(notified.get(type.method) ?? []), listener]);
    },
    onClose(listener) {
      if (open) closed.push(listener);
      else queueMicrotask(listener);
    },
    dispose() {
      close("the connection was closed");
    },
  };
}

function errorOf(error: NonNullable<Message["error"]>): GatehouseError {
  const problem = error.data as Partial<Problem> | null | undefined;
  const code = problemCodes.find((known) => known === problem?.code);
  if (code !== undefined) return new GatehouseError(code, problem?.params ?? {});
  return new GatehouseError("internal", { detail: error.message });
}
