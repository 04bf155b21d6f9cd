import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectOrStart } from "../../src/agent/client.ts";
import { ms, type Row } from "./measure.ts";
import { agentIn } from "./signedIn.ts";

/** Windows that open at once while no agent runs. */
export async function clients(count: number): Promise<Row> {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  const how = agentIn(join(directory, "agent"));
  const started = performance.now();
  const results = await Promise.allSettled(Array.from({ length: count }, () => connectOrStart(how)));
  const elapsed = performance.now() - started;
  const connected = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const pids = new Set(connected.map((client) => client.hello.pid));
  for (const client of connected) client.dispose();
  for (const pid of pids) process.kill(pid, "SIGTERM");
  rmSync(directory, { recursive: true, force: true });
  return {
    what: `${count} clients that connect at once to no agent`,
    measured: `${pids.size} agent, ${count - connected.length} refused`,
    against: `all connected after ${ms(elapsed)}`,
    goal: "one agent, nobody refused",
    reached: pids.size === 1 && connected.length === count,
  };
}
