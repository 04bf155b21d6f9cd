import { writeSync } from "node:fs";
import {
  type ConfigurationView,
  getConfiguration,
  getCredentials,
  type ProcessCredentials,
} from "../agent/protocol.ts";
import { processCredentials } from "../core/credentials/processCredentials.ts";
import { GatehouseError } from "../core/errors.ts";
import { type Context, connectExisting } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";
import { quickRequest } from "./quickRequest.ts";

/** Longest wait for the agent, in milliseconds: it may have to fetch credentials first. */
const patience = 30_000;

/** `gatehouse credentials`: what a credential_process prints. */
export async function printCredentials(context: Context): Promise<number> {
  const { credentials } = await fetchCredentials(context);
  print(context, `${JSON.stringify(processCredentials(credentials))}\n`);
  return exitCodes.ok;
}

/** Opening process.stdout takes as long as asking the agent does. */
function print({ process }: Context, text: string): void {
  let written = 0;
  try {
    written = writeSync(1, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
  // A pipe that takes no more for now.
  if (written < text.length) process.stdout.write(text.slice(written));
}

type Answers = [ProcessCredentials, ConfigurationView?];

export interface Fetched {
  readonly credentials: ProcessCredentials;
  /** For AWS_REGION; only where it was asked for and is known. */
  readonly region?: string;
}

/**
 * The session's AWS credentials, from the agent.
 *
 * @throws GatehouseError signedOut, or why there are none.
 */
export async function fetchCredentials(context: Context, withRegion = false): Promise<Fetched> {
  const requests = withRegion ? [getCredentials, getConfiguration] : [getCredentials];
  const quick = (await quickRequest(context.paths, context.version, requests)) as Answers | undefined;
  if (quick) return fetched(...quick);
  const signal = AbortSignal.timeout(patience);
  const client = await connectExisting({ ...context, signal });
  if (client === undefined) throw new GatehouseError("signedOut");
  try {
    // Both questions go out together.
    const [credentials, configuration] = await Promise.all([
      client.request(getCredentials, undefined, signal),
      withRegion ? client.request(getConfiguration, undefined, signal) : undefined,
    ]);
    return fetched(credentials, configuration);
  } catch (error) {
    if (signal.aborted)
      throw new GatehouseError("agentUnavailable", { detail: "it does not answer" }, { cause: error });
    throw error;
  } finally {
    client.dispose();
  }
}

function fetched(credentials: ProcessCredentials, configuration?: ConfigurationView): Fetched {
  return { credentials, ...(configuration?.ok ? { region: configuration.region } : {}) };
}
