/** How fast terminals get credentials, and what the agent costs. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { refresh } from "../../src/agent/protocol.ts";
import { root } from "../lab/cache.ts";
import { processes } from "../lab/processes.ts";
import { inTurn, median, ms, quantile, type Row, run, times } from "./measure.ts";
import { type SignedInAgent, signedInAgent } from "./signedIn.ts";

export async function credentials(progress: (line: string) => void): Promise<Row[]> {
  const agent = await signedInAgent();
  try {
    progress("Credentials: endpoint and processes …");
    const answers = await endpointTimes(agent, 1000);
    const gatehouse = join(root, "dist", "bin", "gatehouse");
    const processTimes = await inTurn(20, {
      credentials: () => run(gatehouse, ["credentials"], agent.environment),
      node: () => run(process.execPath, ["-e", "0"], agent.environment),
    });
    progress("Memory: 1,000 refreshes …");
    const [p50, p99] = [quantile(answers, 0.5), quantile(answers, 0.99)];
    return [
      {
        what: "credential answer by the endpoint, 1,000 requests",
        measured: `p50 ${ms(p50)}, p99 ${ms(p99)}`,
        against: `${times(processTimes.credentials / median(answers))} faster than spawning \`gatehouse credentials\` (${ms(processTimes.credentials)})`,
        goal: "≥ 20× faster; p50 ≤ 0.5 ms, p99 ≤ 2 ms",
        reached: processTimes.credentials / p50 >= 20 && p50 <= 0.5 && p99 <= 2,
      },
      {
        what: "`gatehouse credentials` as a process",
        measured: ms(processTimes.credentials),
        against: `${times(processTimes.credentials / processTimes.node)} of \`node -e 0\` (${ms(processTimes.node)})`,
        goal: "≤ 1.5×",
        reached: processTimes.credentials / processTimes.node <= 1.5,
      },
      await memory(agent),
    ];
  } finally {
    await agent.close();
  }
}

/** Milliseconds of each request, one after another over a connection that is kept, as an SDK does. */
async function endpointTimes({ client }: SignedInAgent, count: number): Promise<number[]> {
  const { uri, tokenFile } = client.hello.endpoint;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const options = { agent, headers: { Authorization: readFileSync(tokenFile, "utf8") } };
  const figures: number[] = [];
  for (let i = -100; i < count; i++) {
    const started = performance.now();
    const body = await new Promise<string>((resolve, reject) => {
      get(uri, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
      }).on("error", reject);
    });
    const elapsed = performance.now() - started;
    if (!("SecretAccessKey" in JSON.parse(body))) throw new Error(`The endpoint answered ${body}`);
    if (i >= 0) figures.push(elapsed);
  }
  agent.destroy();
  return figures;
}

async function memory({ client }: SignedInAgent): Promise<Row> {
  const idle = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9); console.log(1)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => idle.stdout.once("data", resolve));
  const node = residentMegabytes(idle.pid ?? 0);
  idle.kill();

  const figures: number[] = [];
  for (let i = 1; i <= 1000; i++) {
    await client.request(refresh);
    if (i % 250 === 0) figures.push(residentMegabytes(client.hello.pid));
  }
  const [, middle = 0, , last = 0] = figures;
  const before = figures.slice(0, 3).map((each) => each.toFixed(0));
  // The SDK's process, which ends some seconds after the last refresh.
  const [cognito] = processes().filter((entry) => entry.parent === client.hello.pid);
  const transient = cognito === undefined ? "" : `, ${residentMegabytes(cognito.pid).toFixed(0)} MB while it renews`;
  return {
    what: "agent's resident memory after 1,000 requests and 1,000 refreshes",
    measured: `${last.toFixed(0)} MB (after 250, 500, 750: ${before.join(", ")} MB); beside it a process for Cognito${transient}`,
    against: `${times(last / node)} of an idling \`node\` (${node.toFixed(0)} MB)`,
    goal: "≤ 1.6×, not growing",
    reached: last / node <= 1.6 && last <= middle + 2,
  };
}

function residentMegabytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}
