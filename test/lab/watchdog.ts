// Started by a lab with a pipe as standard input, which closes however the lab ends, kill -9 included: then nothing of its run
// is left behind. Argument: the run's directory.
import { rmSync } from "node:fs";
import { basename } from "node:path";
import { removeControlGroup } from "./host/cgroup.ts";
import { endProcessesOf } from "./processes.ts";

const [directory] = process.argv.slice(2);
if (directory === undefined || !directory.includes("gatehouse-lab-")) throw new Error("Which run?");
for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(each, () => {});
process.stdin.on("data", () => {});
process.stdin.on("close", async () => {
  await endProcessesOf(directory);
  // Of a lab with a host: what it ran carries no path.
  await removeControlGroup(basename(directory)).catch(() => {});
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.exit(0);
});
