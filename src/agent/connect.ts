/** One connection to an agent that runs. */
import { connect as connectSocket, type Socket } from "node:net";
import { GatehouseError } from "../core/errors.ts";
import { checkSocket, type RuntimePaths } from "../core/runtimeDirectory.ts";
import type { Session } from "../core/session.ts";
import { type ClientConnection, createClientConnection } from "./clientConnection.ts";
import {
  credentialsWanted,
  type HelloResult,
  hello,
  type Notification,
  protocolVersion,
  type Request,
  sessionChanged,
} from "./protocol.ts";

/** Same shape as vscode.Disposable. */
export interface Disposable {
  dispose(): void;
}

export interface AgentClient extends Disposable {
  readonly hello: HelloResult;
  /**
   * One request of protocol.ts: `client.request(startSignIn, { username }, signal)`, `client.request(getSession)`.
   *
   * Rejects with the agent's GatehouseError; `cancelled` when the signal aborts (the agent stops, too); `agentUnavailable` when the
   * connection ends first.
   */
  request<P, R>(type: Request<P, R>, params?: P, signal?: AbortSignal): Promise<R>;
  onSessionChanged(listener: (session: Session) => void): Disposable;
  /** A terminal asked for credentials while nobody is signed in. */
  onCredentialsWanted(listener: () => void): Disposable;
  /** The connection is gone (also by `dispose`). */
  onClose(listener: () => void): Disposable;
}

export interface ConnectDependencies {
  /** From `runtimePaths` (core/runtimeDirectory.ts). */
  readonly paths: RuntimePaths;
  readonly client: "editor" | "cli";
  /** The product's version. */
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
  /** How long the agent may take to answer `hello`, in milliseconds; 5 s. */
  readonly helloTimeout?: number | undefined;
}

/**
 * Connects to an agent that runs.
 *
 * @throws GatehouseError agentUnavailable (none runs, or it doesn't answer), socketUnsafe (whoever is there is not this person's
 * agent), agentTooOld (it speaks an older protocol), cancelled.
 */
export async function connect(deps: ConnectDependencies): Promise<AgentClient> {
  checkSocket(deps.paths);
  const socket = await open(deps.paths.socket, deps.signal);
  const connection = createClientConnection(socket);
  const deadline = AbortSignal.timeout(deps.helloTimeout ?? 5000);
  const signal = deps.signal === undefined ? deadline : AbortSignal.any([deps.signal, deadline]);
  try {
    const params = { protocol: protocolVersion, client: deps.client, version: deps.version };
    const answer = await connection.request(hello, params, signal);
    if (answer.protocol < protocolVersion) {
      throw new GatehouseError("agentTooOld", { agent: answer.version, client: deps.version });
    }
    return createClient(connection, answer);
  } catch (error) {
    connection.dispose();
    if (error instanceof GatehouseError && error.code === "cancelled" && deps.signal?.aborted !== true) {
      throw new GatehouseError("agentUnavailable", { detail: "it does not answer" }, { cause: error });
    }
    throw error;
  }
}

function createClient(connection: ClientConnection, answer: HelloResult): AgentClient {
  const on = <P>(type: Notification<P>): ((listener: (params: P) => void) => Disposable) => {
    const listeners = listenerSet<P>();
    connection.onNotification(type, listeners.fire);
    return listeners.add;
  };
  const closed = listenerSet<undefined>();
  let isClosed = false;
  connection.onClose(() => {
    isClosed = true;
    closed.fire(undefined);
  });
  const onSessionChanged = on(sessionChanged);
  const onCredentialsWanted = on(credentialsWanted);
  return {
    hello: answer,
    request: (type, params, signal) => connection.request(type, params, signal),
    onSessionChanged,
    onCredentialsWanted: (listener) => onCredentialsWanted(() => listener()),
    onClose(listener) {
      if (isClosed) queueMicrotask(listener);
      return closed.add(() => listener());
    },
    dispose: () => connection.dispose(),
  };
}

export interface Listeners<T> {
  add(listener: (value: T) => void): Disposable;
  fire(value: T): void;
}

export function listenerSet<T>(): Listeners<T> {
  const listeners = new Set<{ call(value: T): void }>();
  return {
    add(call) {
      const entry = { call };
      listeners.add(entry);
      return { dispose: () => void listeners.delete(entry) };
    },
    fire(value) {
      for (const entry of [...listeners]) entry.call(value);
    },
  };
}

function open(path: string, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new GatehouseError("cancelled"));
    const socket = connectSocket(path);
    const finish = (error?: GatehouseError): void => {
      signal?.removeEventListener("abort", abort);
      socket.removeListener("connect", connected);
      socket.removeListener("error", failed);
      if (error === undefined) {
        resolve(socket);
      } else {
        socket.destroy();
        reject(error);
      }
    };
    const connected = (): void => finish();
    // ENOENT: no socket. ECONNREFUSED: its listener died. EAGAIN: more are waiting than the kernel keeps.
    const failed = (error: NodeJS.ErrnoException): void =>
      finish(new GatehouseError("agentUnavailable", { detail: error.code ?? error.message }, { cause: error }));
    const abort = (): void => finish(new GatehouseError("cancelled"));
    socket.once("connect", connected);
    socket.once("error", failed);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
