/** The agent's requests: who may ask what, and in which order. */
import type { Socket } from "node:net";
import type { Log } from "../core/log.ts";
import { createAutomaticSignIn } from "./automaticSignIn.ts";
import type { BrowserSignIns } from "./browserSignIns.ts";
import type { Configuration } from "./configuration.ts";
import { parameters } from "./parameters.ts";
import * as protocol from "./protocol.ts";
import { errorCodes, type Limits, ProtocolError, type ServerConnection, serveConnection } from "./serverConnection.ts";
import type { SessionHolder } from "./sessionHolder.ts";
import type { SignIns } from "./signIns.ts";

export interface ServerDependencies {
  readonly hello: () => protocol.HelloResult;
  readonly configuration: Configuration;
  readonly session: SessionHolder;
  readonly signIns: SignIns;
  readonly browserSignIns: BrowserSignIns;
  readonly log: Log;
  /** The number of clients that have said hello changed. */
  readonly onClients: (count: number) => void;
  /** How long a client may stay silent before `hello`, in milliseconds. */
  readonly helloTimeout?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

export interface AgentServer {
  /** Takes a fresh connection. */
  accept(socket: Socket): void;
  broadcast<P>(type: protocol.Notification<P>, params: P): void;
  clients(): number;
  /** Closes every connection. */
  close(): void;
}

type Handler = (params: unknown, owner: object, signal: AbortSignal) => unknown;

const maxConnections = 1024;

export function createServer(deps: ServerDependencies): AgentServer {
  const { configuration, session, signIns, browserSignIns, log } = deps;
  const connections = new Set<ServerConnection>();
  const clients = new Set<ServerConnection>();
  let numbers = 0;
  const automatic = createAutomaticSignIn(() => performance.now());

  const handlers: Readonly<Record<string, Handler>> = {
    [protocol.configure.method](params) {
      configuration.configure(parameters.settings(params));
      session.reconfigured();
      return configuration.view();
    },
    [protocol.getConfiguration.method]: () => configuration.view(),
    [protocol.getSession.method]: () => session.view(),
    [protocol.startSignIn.method]: (params, owner, signal) =>
      signIns.start(owner, parameters.startSignIn(params).username, signal),
    [protocol.answerSignIn.method](params, owner, signal) {
      const { flow, answer } = parameters.answerSignIn(params);
      return signIns.answer(owner, flow, answer, signal);
    },
    [protocol.startBrowserSignIn.method]: (params, owner, signal) =>
      browserSignIns.start(owner, parameters.startBrowserSignIn(params).language, signal),
    [protocol.awaitBrowserSignIn.method]: (params, owner, signal) =>
      browserSignIns.wait(owner, parameters.awaitBrowserSignIn(params).flow, signal),
    [protocol.claimAutomaticSignIn.method]: () => ({
      granted: automatic.claim(session.view(), signIns.pending() + browserSignIns.pending()),
    }),
    [protocol.cancelSignIn.method](params, owner) {
      const { flow } = parameters.cancelSignIn(params);
      signIns.cancel(owner, flow);
      browserSignIns.cancel(owner, flow);
      return null;
    },
    [protocol.chooseRole.method]: (params, _owner, signal) =>
      session.chooseRole(parameters.chooseRole(params).role, signal),
    [protocol.signOut.method]: () => session.signOut(),
    [protocol.refresh.method]: () => session.refresh(),
    [protocol.getCredentials.method]: () => session.processCredentials(),
  };

  return {
    accept(socket) {
      if (connections.size >= maxConnections) {
        socket.destroy();
        return;
      }
      const number = ++numbers;
      const owner = {};
      const deadline = setTimeout(() => {
        log.warn(`client ${number}: closed: it said nothing`);
        connection.close();
        socket.destroy();
      }, deps.helloTimeout ?? 10_000);
      deadline.unref();

      const greet = (params: unknown): protocol.HelloResult => {
        const { client, version } = parameters.hello(params);
        if (clients.has(connection)) throw new ProtocolError(errorCodes.invalidRequest, "hello was said already");
        clearTimeout(deadline);
        clients.add(connection);
        log.info(`client ${number}: ${client} ${version}`);
        deps.onClients(clients.size);
        return deps.hello();
      };

      const connection = serveConnection({
        socket,
        ...(deps.limits === undefined ? {} : { limits: deps.limits }),
        async handle(method, params, signal) {
          if (method === protocol.hello.method) return greet(params);
          if (!clients.has(connection)) throw new ProtocolError(errorCodes.notInitialized, "hello comes first", true);
          // Own keys only: "constructor" is no method.
          const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
          if (handler === undefined) throw new ProtocolError(errorCodes.methodNotFound, "unknown method");
          return await handler(params, owner, signal);
        },
        onClose(reason) {
          clearTimeout(deadline);
          if (reason !== undefined) log.warn(`client ${number}: closed: ${reason}`);
          connections.delete(connection);
          signIns.abandon(owner);
          browserSignIns.abandon(owner);
          if (clients.delete(connection)) deps.onClients(clients.size);
        },
      });
      connections.add(connection);
    },
    broadcast(type, params) {
      for (const connection of clients) connection.notify(type, params);
    },
    clients: () => clients.size,
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
