/** One connection to the agent that outlives the agent. */
import { GatehouseError } from "../core/errors.ts";
import type { Session } from "../core/session.ts";
import { type AgentClient, type Disposable, listenerSet } from "./connect.ts";
import { connectOrStart, type StartDependencies } from "./launch.ts";
import type { Request } from "./protocol.ts";

export type Connection =
  | { readonly state: "connecting" }
  /** `restarted`: another process than the one before answers now, so what it knew is gone unless it says otherwise. */
  | { readonly state: "connected"; readonly client: AgentClient; readonly restarted: boolean }
  | { readonly state: "failed"; readonly error: GatehouseError };

export interface KeepDependencies extends Omit<StartDependencies, "signal"> {
  /** Called on each new connection before `current` resolves and before any other listener: send `configure` here. */
  readonly prepare?: (client: AgentClient) => Promise<void>;
  /** For tests. */
  readonly now?: () => number;
  readonly connectOrStart?: typeof connectOrStart;
}

export interface KeptConnection extends Disposable {
  /** The connection of this moment; while there is none, the one that is being made. Rejects when that attempt fails. */
  current(): Promise<AgentClient>;
  /** A request over `current`. Not repeated when the connection breaks under it: the agent may have done it already. */
  request<P, R>(type: Request<P, R>, params?: P, signal?: AbortSignal): Promise<R>;
  onSessionChanged(listener: (session: Session) => void): Disposable;
  onCredentialsWanted(listener: () => void): Disposable;
  onState(listener: (connection: Connection) => void): Disposable;
}

const endsSoon = "it ends as soon as it is there";

/** Delay before attempt n (from 0) after failures, in milliseconds: at once, then 0.5, 1, 2 … up to 30 s. */
export function reconnectDelay(attempt: number): number {
  return attempt === 0 ? 0 : Math.min(30_000, 250 * 2 ** attempt);
}

/** An agent that lives for so long was started well, in milliseconds: its end is no reason to wait. */
const settledAfter = 5000;

/**
 * Connects at once (starting the agent when there is none), and again at once when the connection ends. After a failure, and
 * when the connections end as soon as they are there, it tries again with growing pauses; `current` tries at once. Listeners stay registered over all of this.
 */
export function keepConnected(deps: KeepDependencies): KeptConnection {
  const sessions = listenerSet<Session>();
  const wanted = listenerSet<undefined>();
  const states = listenerSet<Connection>();
  const ending = new AbortController();
  const now = deps.now ?? (() => performance.now());
  let lastPid: number | undefined;
  let connected: AgentClient | undefined;
  let attempt: Promise<AgentClient> | undefined;
  let connectedAt = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const lost = (client: AgentClient): void => {
    if (connected !== client) return;
    connected = undefined;
    if (ending.signal.aborted) return;
    if (now() - connectedAt >= settledAfter) failures = 0;
    if (failures > 0)
      states.fire({ state: "failed", error: new GatehouseError("agentUnavailable", { detail: endsSoon }) });
    again(failures++);
  };

  const again = (failed: number): void => {
    const delay = reconnectDelay(failed);
    if (delay === 0) return void start().catch(() => {});
    timer = setTimeout(() => start().catch(() => {}), delay);
    timer.unref();
  };

  const make = async (): Promise<AgentClient> => {
    states.fire({ state: "connecting" });
    try {
      const client = await (deps.connectOrStart ?? connectOrStart)({ ...deps, signal: ending.signal });
      client.onSessionChanged((session) => sessions.fire(session));
      client.onCredentialsWanted(() => wanted.fire(undefined));
      try {
        await deps.prepare?.(client);
      } catch (error) {
        client.dispose();
        throw error;
      }
      if (ending.signal.aborted) {
        client.dispose();
        throw new GatehouseError("cancelled");
      }
      const restarted = lastPid !== undefined && lastPid !== client.hello.pid;
      lastPid = client.hello.pid;
      connected = client;
      connectedAt = now();
      attempt = undefined;
      client.onClose(() => lost(client));
      states.fire({ state: "connected", client, restarted });
      return client;
    } catch (error) {
      attempt = undefined;
      if (!ending.signal.aborted) {
        const failure =
          error instanceof GatehouseError
            ? error
            : new GatehouseError("agentUnavailable", { detail: String(error) }, { cause: error });
        states.fire({ state: "failed", error: failure });
        again(++failures);
      }
      throw error;
    }
  };

  const start = (): Promise<AgentClient> => {
    clearTimeout(timer);
    if (connected !== undefined) return Promise.resolve(connected);
    // A turn later, so that whoever called keepConnected has registered its listeners.
    attempt ??= Promise.resolve().then(make);
    return attempt;
  };

  start().catch(() => {});
  return {
    current: () => (ending.signal.aborted ? Promise.reject(new GatehouseError("cancelled")) : start()),
    request: async (type, params, signal) => (await start()).request(type, params, signal),
    onSessionChanged: sessions.add,
    onCredentialsWanted: (listener) => wanted.add(() => listener()),
    onState: states.add,
    dispose() {
      ending.abort();
      clearTimeout(timer);
      connected?.dispose();
      connected = undefined;
    },
  };
}
