/** Starting an agent of one's own, detached, as ssh-agent is. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { GatehouseError } from "../core/errors.ts";
import { ensurePrivateDirectory } from "../core/runtimeDirectory.ts";
import { type AgentClient, type ConnectDependencies, connect } from "./connect.ts";
import { agentEnvironment } from "./environment.ts";
import { memoryFlags } from "./flags.ts";
import { acquireLock } from "./lock.ts";

export interface StartDependencies extends ConnectDependencies {
  /** Absolute path of dist/agent.js. */
  readonly agentScript: string;
  /** Absolute path of the Node (or Electron) that runs it; usually process.execPath. */
  readonly node: string;
  /** Usually process.env; only what the agent needs is handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long an agent may take to be there, in milliseconds; 15 s. */
  readonly startTimeout?: number | undefined;
}

/**
 * Connects to this person's agent, and starts one first when there is none. However many call this at once, in however many
 * processes, one agent is started: the callers take turns by a lock, and the agent itself holds another for as long as it lives.
 * A service is never started: the system does that.
 *
 * @throws GatehouseError agentUnavailable | socketUnsafe | agentTooOld | cancelled
 */
export async function connectOrStart(deps: StartDependencies): Promise<AgentClient> {
  const deadline = performance.now() + (deps.startTimeout ?? 15_000);
  const { directory, mode } = deps.paths;
  if (mode === "user") ensurePrivateDirectory(directory);
  for (let attempt = 0; ; attempt++) {
    try {
      return await connect(deps);
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > deadline) throw error;
      if (mode === "service" && attempt >= 10) throw error;
    }
    const turn = mode === "user" ? acquireLock(directory, "start.lock") : undefined;
    if (turn !== undefined) {
      try {
        return await startAndConnect(deps, deadline);
      } finally {
        turn.release();
      }
    }
    await wait(Math.min(100, 10 * (attempt + 1)), deps.signal);
  }
}

async function startAndConnect(deps: StartDependencies, deadline: number): Promise<AgentClient> {
  let ended: string | undefined;
  // Someone may have started it between our last try and our turn.
  for (let started = false; ; started = true) {
    try {
      return await connect(deps);
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > deadline) throw error;
      // One that ends because another agent is just coming up is no failure.
      if (ended !== undefined && ended !== "0") {
        throw new GatehouseError("agentUnavailable", { detail: `it ended at its start (${ended})` }, { cause: error });
      }
    }
    if (!started || ended === "0") {
      ended = undefined;
      startDetached(deps, (how) => {
        ended = how;
      });
    }
    await wait(10, deps.signal);
  }
}

function startDetached(deps: StartDependencies, onEnd: (how: string) => void): void {
  // SIGUSR1 would open the debugger, and with it everything that the agent holds. Node 20 doesn't know the flag.
  const noDebugger = process.allowedNodeEnvironmentFlags.has("--disable-sigusr1") ? ["--disable-sigusr1"] : [];
  const flags = [...memoryFlags, ...noDebugger];
  const child = spawn(deps.node, [...flags, deps.agentScript], {
    detached: true,
    // Its log is a file: no pipe ties it to the window that happened to start it.
    stdio: "ignore",
    cwd: "/",
    env: {
      ...agentEnvironment(deps.environment),
      GATEHOUSE_RUNTIME_DIR: deps.paths.directory,
      MALLOC_ARENA_MAX: "2",
    },
  });
  child.once("exit", (code, signal) => onEnd(signal ?? String(code)));
  child.once("error", (error) => onEnd(error.message));
  child.unref();
}

function isUnavailable(error: unknown): boolean {
  return error instanceof GatehouseError && error.code === "agentUnavailable";
}

async function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new GatehouseError("cancelled", {}, { cause: error });
  }
}
