/** Puts the agent together and starts it, as a service or as this person's own process. */
import { lstatSync, rmSync, utimesSync } from "node:fs";
import { createServer as createSocketServer, type Server } from "node:net";
import { join } from "node:path";
import type { Language } from "../core/cognito/managedLogin.ts";
import { createEndpoint } from "../core/credentials/endpoint.ts";
import { defaultHostFile } from "../core/host/hostFile.ts";
import type { Log } from "../core/log.ts";
import { describe } from "../core/messages.ts";
import type { Redactor } from "../core/redact.ts";
import {
  checkPrivateDirectory,
  checkTokenDirectory,
  endpointUri,
  ensurePrivateDirectory,
  portTokenFile,
  type RuntimePaths,
} from "../core/runtimeDirectory.ts";
import { english, type Translate } from "../core/text.ts";
import { createBrowserSignIns } from "./browserSignIns.ts";
import { createCallbackServer } from "./callbackServer.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Cognito } from "./cognito.ts";
import { createConfiguration } from "./configuration.ts";
import { endpointToken, listenEndpoint, portOf, publishEndpoint } from "./endpointFiles.ts";
import { acquireLock } from "./lock.ts";
import { createLoopback } from "./loopback.ts";
import { credentialsWanted, protocolVersion, sessionChanged } from "./protocol.ts";
import { createServer } from "./server.ts";
import type { Limits } from "./serverConnection.ts";
import { createSession } from "./session.ts";
import { createSignIns } from "./signIns.ts";
import { createEstate } from "./snapshot.ts";
import { listen, type PassedSockets, type Published, publishSocket } from "./sockets.ts";

/** Longest wait at the end for a renewal that is under way, in milliseconds. */
const closingPatience = 5000;

export interface AgentDependencies {
  readonly paths: RuntimePaths;
  /** What systemd handed over; makes it a service. */
  readonly passed?: PassedSockets | undefined;
  /** The service's private directory, for its snapshot. */
  readonly privateDirectory?: string | undefined;
  readonly hostFile?: string | undefined;
  readonly version: string;
  /** For the page that a browser comes back to; English when absent. */
  readonly translate?: (language: Language) => Translate;
  readonly cognito: () => Promise<Cognito>;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How long an agent that nobody needs stays, in milliseconds; 30 s. */
  readonly grace?: number | undefined;
  readonly helloTimeout?: number | undefined;
  /** Bounds for what clients send. */
  readonly limits?: Partial<Limits> | undefined;
  /** How often it looks whether its files are still there, in milliseconds; 1 minute. */
  readonly guardInterval?: number | undefined;
  /** The agent has ended by itself, or lost its place. */
  readonly onEnd?: (reason: string) => void;
}

export interface Agent {
  readonly port: number;
  /** Closes everything; the session stays in the snapshot, where there is one. */
  close(): Promise<void>;
}

/** @returns undefined when this person's agent runs already */
export async function startAgent(deps: AgentDependencies): Promise<Agent | undefined> {
  const { paths, log, passed } = deps;
  const clock = deps.clock ?? systemClock;
  const mode = passed === undefined ? "user" : "service";
  if (mode === "user") ensurePrivateDirectory(paths.directory);
  else {
    checkTokenDirectory(paths);
    if (deps.privateDirectory !== undefined) checkPrivateDirectory(deps.privateDirectory);
  }
  const lock = mode === "user" ? acquireLock(paths.directory, "agent.lock") : undefined;
  if (mode === "user" && lock === undefined) return undefined;

  const configuration = createConfiguration({
    mode,
    hostFile: deps.hostFile ?? defaultHostFile,
    callbackSocket: passed?.callback !== undefined,
  });
  const estate = createEstate({
    directory: mode === "user" ? paths.directory : (deps.privateDirectory ?? paths.directory),
    private: mode === "service" && deps.privateDirectory !== undefined,
    log,
  });
  const legacy = estate.read(() => configuration.cognito());

  let wanted = false;
  const session = createSession({
    cognito: deps.cognito,
    configuration: () => configuration.cognito(),
    clock,
    random: deps.random ?? Math.random,
    log,
    redactor: deps.redactor,
    reason: legacy.reason,
    store: estate.write,
    onChange(view) {
      if (view.state === "signedIn") wanted = false;
      server.broadcast(sessionChanged, view);
      considerEnd();
    },
  });
  const shared = {
    configuration: () => configuration.cognito(),
    cognito: deps.cognito,
    session,
    clock,
    log,
    redactor: deps.redactor,
  };
  const signIns = createSignIns(shared);
  const callbackServer = (place: "gate" | "loopback") =>
    createCallbackServer({
      place,
      comeBack: (returned) => browserSignIns.comeBack(returned),
      translate: deps.translate ?? (() => english),
      log,
    });
  const callback = callbackServer("gate");
  const loopback = createLoopback(() => callbackServer("loopback"));
  const browserSignIns = createBrowserSignIns({
    ...shared,
    place: () => configuration.browserPlace(),
    loopback,
    onIdle: () => considerEnd(),
  });

  const token = endpointToken(passed?.endpoint === undefined ? undefined : deps.privateDirectory);
  deps.redactor.remember(token);
  const endpoint = createEndpoint({
    token,
    supply: session.supply,
    describe: (problem) => describe(problem, english),
    onWanted() {
      if (wanted || server.clients() === 0) return;
      wanted = true;
      server.broadcast(credentialsWanted, null);
    },
    log,
    now: clock.now,
  });

  // A socket that was handed over stays ours; any other port may be somebody else's after the next start.
  const tokenFile = (): string =>
    passed?.endpoint === undefined ? portTokenFile(paths, portOf(endpoint)) : paths.tokenFile;

  const listener: Server = createSocketServer((socket) => server.accept(socket));
  const server = createServer({
    hello: () => ({
      protocol: protocolVersion,
      version: deps.version,
      pid: process.pid,
      mode,
      endpoint: { uri: endpointUri(portOf(endpoint)), tokenFile: tokenFile() },
    }),
    configuration,
    session,
    signIns,
    browserSignIns,
    log,
    onClients: () => considerEnd(),
    helloTimeout: deps.helloTimeout,
    limits: deps.limits,
  });

  let published: Published | undefined;
  let cancelGrace = (): void => {};
  let guard: NodeJS.Timeout | undefined;
  let closed = false;

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    clearInterval(guard);
    cancelGrace();
    const ownToken = tokenFile();
    // Only a service has somewhere to keep what is still to come.
    const disposed = session.dispose(mode === "service" ? closingPatience : 0);
    published?.remove();
    server.close();
    endpoint.closeAllConnections();
    callback.closeAllConnections();
    loopback.close();
    await Promise.all([stopped(listener), stopped(endpoint), stopped(callback), disposed]);
    // Without the lock it is a successor's.
    if (lock?.held() === true) rmSync(ownToken, { force: true });
    lock?.release();
  };

  const end = (reason: string): void => {
    if (closed) return;
    log.info(`agent: ends: ${reason}`);
    close().then(
      () => deps.onEnd?.(reason),
      () => deps.onEnd?.(reason),
    );
  };

  // systemd starts a service again at the next connection, but only on the sockets that it holds itself.
  const mayEnd = mode === "user" || passed?.endpoint !== undefined;
  const considerEnd = (): void => {
    cancelGrace();
    const idle = (): boolean =>
      session.view().state === "signedOut" &&
      server.clients() === 0 &&
      signIns.pending() + browserSignIns.pending() === 0;
    if (!mayEnd || closed || !idle()) return;
    cancelGrace = clock.after(deps.grace ?? 30_000, () => {
      if (idle()) end("nobody is signed in and nobody is connected");
    });
  };

  try {
    await listenEndpoint(endpoint, passed?.endpoint, paths);
    publishEndpoint(paths, portOf(endpoint), token, tokenFile(), mode === "service");
    if (legacy.session !== undefined) session.restore(legacy.session);
    if (passed?.callback !== undefined) await listen(callback, { fd: passed.callback });
    if (passed !== undefined) await listen(listener, { fd: passed.agent });
    else published = await publishSocket(listener, paths);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }

  if (published !== undefined) {
    const files = [paths.directory, paths.socket, tokenFile(), paths.endpointFile];
    guard = setInterval(() => {
      // Someone emptied the directory (a logout, a cleaner of /tmp): nobody can find this agent any more, and the next one may be there.
      if (!published?.isOurs() || !lock?.held() || !exists(tokenFile())) return end("its files are gone");
      // Cleaners of temporary directories go by age.
      for (const file of files) touch(file);
    }, deps.guardInterval ?? 60_000);
    guard.unref();
  }
  log.info(`agent: ${deps.version} started as ${mode}, process ${process.pid}`);
  considerEnd();
  return { port: portOf(endpoint), close };
}

function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
  });
}

function exists(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Gone: the guard notices at its next turn.
  }
}

/** Where an agent of one's own writes its log. */
export function logFileOf(paths: RuntimePaths): string {
  return join(paths.directory, "agent.log");
}
