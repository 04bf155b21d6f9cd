/** An agent in this process, with Cognito and the clock replaced, in a directory of its own. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentClient, connect } from "../../../src/agent/client.ts";
import { answerSignIn, configure, startSignIn } from "../../../src/agent/protocol.ts";
import { type Agent, type AgentDependencies, startAgent } from "../../../src/agent/start.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { type RuntimePaths, readEndpoint, runtimePaths } from "../../../src/core/runtimeDirectory.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { configuration, FakeCognito } from "../../fakes/cognito.ts";
import { FakeLog } from "../../fakes/log.ts";

export class Harness {
  readonly directory = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
  readonly paths: RuntimePaths = runtimePaths({ environment: { GATEHOUSE_RUNTIME_DIR: join(this.directory, "run") } });
  readonly clock = new FakeClock();
  readonly cognito = new FakeCognito(this.clock.now);
  readonly log = new FakeLog();
  readonly ended: string[] = [];
  readonly #agents: Agent[] = [];
  readonly #clients: AgentClient[] = [];

  async start(more: Partial<AgentDependencies> = {}): Promise<Agent> {
    const agent = await startAgent({
      paths: this.paths,
      hostFile: join(this.directory, "host.json"),
      version: "1.0.0",
      cognito: this.cognito.load,
      log: this.log,
      redactor: createRedactor(),
      clock: this.clock,
      random: () => 0,
      onEnd: (reason) => this.ended.push(reason),
      ...more,
    });
    if (agent === undefined) throw new Error("another agent runs");
    this.#agents.push(agent);
    return agent;
  }

  async connect(): Promise<AgentClient> {
    const client = await connect({ paths: this.paths, client: "editor", version: "1.0.0" });
    this.#clients.push(client);
    return client;
  }

  async signIn(client: AgentClient, identityPoolId = configuration.identityPoolId ?? ""): Promise<void> {
    const { region, userPoolId, clientId } = configuration;
    await client.request(configure, { region, userPoolId, clientId, identityPoolId });
    const step = await client.request(startSignIn, { username: "yuki" });
    if (step.state !== "prompt") throw new Error(step.state);
    const { flow } = step;
    await client.request(answerSignIn, { flow, answer: { kind: "password", password: "Right-Password-1" } });
    const last = await client.request(answerSignIn, { flow, answer: { kind: "totp", code: "123456" } });
    if (last.state !== "signedIn") throw new Error(last.state);
  }

  /** Where the token is, as an editor finds it out. */
  get tokenFile(): string {
    return readEndpoint(this.paths)?.tokenFile ?? "";
  }

  /** One request as an SDK makes it. */
  credentials(): Promise<{ status: number; body: Record<string, string> }> {
    return fetchCredentials(readFileSync(this.paths.endpointFile, "utf8"), readFileSync(this.tokenFile, "utf8"));
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients) client.dispose();
    for (const agent of this.#agents) await agent.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function fetchCredentials(
  endpointFile: string,
  token: string,
): Promise<{ status: number; body: Record<string, string> }> {
  const { port } = JSON.parse(endpointFile) as { port: number };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, path: "/credentials", headers: { Authorization: token }, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) }));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}
