import { getConfiguration, getCredentials, type ProcessCredentials } from "../agent/protocol.ts";
import { processCredentials } from "../core/credentials/processCredentials.ts";
import { GatehouseError } from "../core/errors.ts";
import { connectExisting } from "./connecting.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exitCodes.ts";

/** Longest wait for the agent, in milliseconds: it may have to fetch credentials first. */
const patience = 30_000;

/** `gatehouse credentials`: what a credential_process prints. */
export async function printCredentials(context: Context): Promise<number> {
  const { credentials } = await fetchCredentials(context);
  context.process.stdout.write(`${JSON.stringify(processCredentials(credentials))}\n`);
  return exitCodes.ok;
}

export interface Fetched {
  readonly credentials: ProcessCredentials;
  /** For AWS_REGION, where it is known. */
  readonly region?: string;
}

/**
 * The session's AWS credentials and region, from the agent.
 *
 * @throws GatehouseError signedOut, or why there are none.
 */
export async function fetchCredentials(context: Context): Promise<Fetched> {
  const signal = AbortSignal.timeout(patience);
  const client = await connectExisting({ ...context, signal });
  if (client === undefined) throw new GatehouseError("signedOut");
  try {
    const [credentials, configuration] = await Promise.all([
      client.request(getCredentials, undefined, signal),
      client.request(getConfiguration, undefined, signal),
    ]);
    return { credentials, ...(configuration.ok ? { region: configuration.awsRegion ?? configuration.region } : {}) };
  } catch (error) {
    if (signal.aborted)
      throw new GatehouseError("agentUnavailable", { detail: "it does not answer" }, { cause: error });
    throw error;
  } finally {
    client.dispose();
  }
}
