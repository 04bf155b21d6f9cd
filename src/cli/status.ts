import { getConfiguration, getSession } from "../agent/protocol.ts";
import { findOutdatedTools, findShadows } from "../core/credentials/shadow.ts";
import { toProblem } from "../core/errors.ts";
import { gravest } from "../core/health/check.ts";
import { type SessionInput, sessionChecks } from "../core/health/session.ts";
import { connectOrStart } from "./connecting.ts";
import type { Context } from "./context.ts";
import { statusJson, statusText } from "./statusText.ts";

type Asked = Pick<SessionInput, "agentProblem" | "configuration" | "session" | "endpoint">;

/** `gatehouse status`: exit code 0 when all is well, 1 when something needs a look or is unknown, 2 when something is wrong. */
export async function status(context: Context, json: boolean): Promise<number> {
  const { process, t, version } = context;
  const asked = await askAgent(context);
  const terminal = await lookAtTerminal(context, asked.endpoint?.uri);
  const now = Date.now();
  const checks = sessionChecks({ ...asked, ...(terminal ? { terminal } : {}), now, t });
  if (json) process.stdout.write(`${statusJson({ checks, session: asked.session, version, now })}\n`);
  else process.stdout.write(statusText(checks, { colour: wantsColour(process.env, process.stdout), t }));
  return { ok: 0, unknown: 1, warning: 1, error: 2 }[gravest(checks)];
}

/** Starts an agent where there is none: it alone can tell what is wrong with the configuration, and it ends by itself. */
async function askAgent(context: Context): Promise<Asked> {
  try {
    const client = await connectOrStart({ ...context, signal: AbortSignal.timeout(20_000) });
    try {
      const [configuration, session] = await Promise.all([
        client.request(getConfiguration),
        client.request(getSession),
      ]);
      return { configuration, session, endpoint: client.hello.endpoint };
    } finally {
      client.dispose();
    }
  } catch (error) {
    return { agentProblem: toProblem(error) };
  }
}

/** Nothing can shadow credentials that the terminal does not ask for, as in a plain login shell. */
async function lookAtTerminal({ process: { env } }: Context, endpointUri: string | undefined) {
  if (env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] === undefined) return undefined;
  const [shadows, outdated] = await Promise.all([
    findShadows({ env, ...(endpointUri === undefined ? {} : { endpointUri }) }),
    findOutdatedTools({ env }),
  ]);
  return { shadows, outdated };
}

/** https://no-color.org: any value but the empty one turns colours off. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
