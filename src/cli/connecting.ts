import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { type AgentClient, connect } from "../agent/connect.ts";
import { connectOrStart as start } from "../agent/launch.ts";
import { GatehouseError } from "../core/errors.ts";
import type { Base } from "./context.ts";

type Connecting = Pick<Base, "process" | "paths" | "version"> & { readonly signal?: AbortSignal };

/**
 * Connects to the agent that runs, and to a new one where one was running and has died without clearing up: its clients should not
 * have to know. Where there never was one, undefined: nobody is signed in then.
 */
export async function connectExisting(deps: Connecting): Promise<AgentClient | undefined> {
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
export function connectOrStart(deps: Connecting): Promise<AgentClient> {
  const script = deps.process.argv[1] ?? "";
  return start({
    ...deps,
    client: "cli",
    agentScript: join(dirname(script), `agent${extname(script)}`),
    node: deps.process.execPath,
    environment: deps.process.env,
  });
}
