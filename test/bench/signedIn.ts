/** The built agent, signed in at the emulator, as an editor would have it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentClient, connectOrStart } from "../../src/agent/client.ts";
import { answerSignIn, configure, type SignInStep, signOut, startSignIn } from "../../src/agent/protocol.ts";
import { runtimePaths } from "../../src/core/runtimeDirectory.ts";
import { createDemoPool } from "../cognito/demoPool.ts";
import { startCognito } from "../cognito/server.ts";
import { totp } from "../cognito/totp.ts";
import { root } from "../lab/cache.ts";

export interface SignedInAgent {
  readonly client: AgentClient;
  /** For processes that are to find this agent. */
  readonly environment: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** What starts and finds an agent in `directory`. */
export function agentIn(directory: string): Parameters<typeof connectOrStart>[0] & { environment: NodeJS.ProcessEnv } {
  const environment = { ...process.env, GATEHOUSE_RUNTIME_DIR: directory, GATEHOUSE_NODE: process.execPath };
  return {
    paths: runtimePaths({ environment }),
    client: "cli",
    version: "bench",
    agentScript: join(root, "dist", "agent.js"),
    node: process.execPath,
    environment,
  };
}

export async function signedInAgent(): Promise<SignedInAgent> {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  const cognito = await startCognito();
  const pool = await createDemoPool(cognito.endpoint);
  const how = agentIn(join(directory, "agent"));
  const client = await connectOrStart(how);
  const { region, userPoolId, clientId, identityPoolId, enrolled } = pool;
  const endpoints = { userPoolEndpoint: cognito.endpoint, identityPoolEndpoint: cognito.endpoint };
  await client.request(configure, { region, userPoolId, clientId, identityPoolId, ...endpoints });

  let step: SignInStep = await client.request(startSignIn, { username: enrolled.username });
  while (step.state === "prompt") {
    const { flow, prompt, problem } = step;
    if (problem !== undefined) throw new Error(`The sign-in met ${problem.code}`);
    const answer =
      prompt.kind === "password"
        ? ({ kind: "password", password: enrolled.password } as const)
        : ({ kind: "totp", code: totp(enrolled.totpSecret) } as const);
    step = await client.request(answerSignIn, { flow, answer });
  }
  if (step.state !== "signedIn") throw new Error(`The sign-in ended in ${JSON.stringify(step)}`);
  return {
    client,
    environment: how.environment,
    async close() {
      await client.request(signOut);
      process.kill(client.hello.pid, "SIGTERM");
      client.dispose();
      await cognito.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
