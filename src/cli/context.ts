import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import type { AgentClient } from "../agent/connect.ts";
import { GatehouseError } from "../core/errors.ts";
import { type RuntimePaths, runtimePaths } from "../core/runtimeDirectory.ts";
import type { Translate } from "../core/text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command may use of its process. `process` fits. */
export interface CliProcess {
  /** As process.argv: Node, the script, the arguments. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly execPath: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  removeListener(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface Context {
  readonly process: CliProcess;
  readonly paths: RuntimePaths;
  /** Where package.json and l10n are: beside dist, and beside src when run from the sources. */
  readonly root: string;
  readonly version: string;
  readonly t: Translate;
}

/** Folder of the package that a script in its `dist` or `src` belongs to. */
export function packageRoot(script: string): string {
  return dirname(dirname(script));
}

/** The product's version, from package.json; "0" where it can't be read. */
export function readVersion(root: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version?: unknown };
    return typeof version === "string" ? version : "0";
  } catch {
    return "0";
  }
}

export function contextPaths(env: Environment): RuntimePaths {
  return runtimePaths({ environment: env });
}

type Connecting = Pick<Context, "process" | "paths" | "version"> & { readonly signal?: AbortSignal };

/**
 * Connects to the agent that runs, and to a new one where one was running and has died without clearing up: its clients should not
 * have to know. Where there never was one, undefined: nobody is signed in then.
 */
export async function connectExisting(deps: Connecting): Promise<AgentClient | undefined> {
  const { connect } = await import("../agent/connect.ts");
  try {
    return await connect({ ...deps, client: "cli" });
  } catch (error) {
    if (!(error instanceof GatehouseError) || error.code !== "agentUnavailable") throw error;
    if (!existsSync(deps.paths.socket)) {
      if (deps.paths.mode === "service") throw error;
      return undefined;
    }
    return connectOrStart(deps);
  }
}

/** Connects to the agent; starts one of the user's own where there is none. */
export async function connectOrStart(deps: Connecting): Promise<AgentClient> {
  const launch = await import("../agent/launch.ts");
  const script = deps.process.argv[1] ?? "";
  return launch.connectOrStart({
    ...deps,
    client: "cli",
    agentScript: join(dirname(script), `agent${extname(script)}`),
    node: deps.process.execPath,
    environment: deps.process.env,
  });
}
