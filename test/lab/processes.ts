import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process as /proc shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Start time in clock ticks since boot: with the pid it names one process for good. */
  readonly started: string;
  readonly commandLine: string;
  readonly environment: string;
}

/** Every process whose details may be read. One that ends meanwhile is left out. */
export function processes(): ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processEntry(Number(name)))
    .filter((entry) => entry !== undefined);
}

export function processEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything, so count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    return {
      pid,
      parent: Number(fields[1]),
      started: fields[19] ?? "",
      commandLine: readFileSync(`/proc/${pid}/cmdline`, "utf8"),
      environment: readFileSync(`/proc/${pid}/environ`, "utf8"),
    };
  } catch {
    return undefined;
  }
}

/**
 * Processes that carry `marker` (a run's own directory) in their environment or arguments: what a run has started, also where
 * it has made itself independent (terminals, the agent). Never this process or one that it descends from.
 */
export function processesOf(marker: string): ProcessEntry[] {
  const all = processes();
  const own = new Set<number>();
  for (let pid = process.pid; pid > 1; pid = all.find((entry) => entry.pid === pid)?.parent ?? 0) own.add(pid);
  return all.filter(
    (entry) => !own.has(entry.pid) && (entry.environment.includes(marker) || entry.commandLine.includes(marker)),
  );
}

/** Ends every process that carries `marker`, also those that appear meanwhile: asks first, kills after `graceMs`. */
export async function endProcessesOf(marker: string, graceMs = 4000): Promise<void> {
  const deadline = Date.now() + graceMs;
  const asked = new Set<number>();
  for (;;) {
    const left = processesOf(marker);
    if (left.length === 0) return;
    const late = Date.now() > deadline;
    for (const { pid } of left) {
      if (asked.has(pid) && !late) continue;
      asked.add(pid);
      signal(pid, late ? "SIGKILL" : "SIGTERM");
    }
    if (Date.now() > deadline + 5000) return;
    await delay(50);
  }
}

/** Ends everything that this process has started, except package management, which must not be cut off in the middle. */
export function endDescendants(): void {
  const all = processes();
  const descendants = new Set([process.pid]);
  for (let size = 0; size !== descendants.size; ) {
    size = descendants.size;
    for (const entry of all) {
      if (descendants.has(entry.parent) && !/(^|\0|\/)(apt-get|dpkg)\0/.test(entry.commandLine))
        descendants.add(entry.pid);
    }
  }
  descendants.delete(process.pid);
  for (const pid of descendants) signal(pid, "SIGTERM");
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
