/** What the processes of a unit cost, from the machine's /proc: it sees those of the lab's host as well. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface UnitProcess {
  readonly pid: number;
  readonly unit: string;
  readonly commandLine: string;
}

/**
 * Every process of these units.
 * @param pidNamespace as `readlink /proc/1/ns/pid` says in the host: namespaces have one number everywhere
 */
export function processesOfUnits(pidNamespace: string, units: readonly string[]): UnitProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (readlinkSync(`/proc/${name}/ns/pid`) !== pidNamespace) return [];
        const unit = /\/system\.slice\/(?:.*\/)?([^/\n]+\.service)/.exec(
          readFileSync(`/proc/${name}/cgroup`, "utf8"),
        )?.[1];
        if (unit === undefined || !units.includes(unit)) return [];
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return [{ pid: Number(name), unit, commandLine }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** The servers of a way: of code-server only its main process, not the extension host and what else each window starts. */
export function servers(pidNamespace: string, units: readonly string[]): UnitProcess[] {
  return processesOfUnits(pidNamespace, units).filter(
    ({ unit, commandLine }) => !unit.includes("code-server") || isMainProcess(commandLine),
  );
}

function isMainProcess(commandLine: string): boolean {
  return /\/out\/node\/entry(\.js)?( |$)/.test(commandLine) && !commandLine.includes("--type=");
}

/** A clock of the processor time (user and system) that these processes have used, all threads, those that ended too. Seconds. */
export function processorClock(processes: readonly UnitProcess[]): () => number {
  return () => processes.reduce((sum, { pid }) => sum + processorTicks(pid), 0) / ticksPerSecond;
}

/** USER_HZ: 100 on every architecture that Linux runs Node on (proc(5), sysconf(3)). */
const ticksPerSecond = 100;

function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Proportional set size: memory that several processes share is counted once. Megabytes (10⁶ bytes). */
export function proportionalMegabytes(processes: readonly UnitProcess[]): number {
  const kibibytes = processes.map(({ pid }) =>
    Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]),
  );
  return (kibibytes.reduce((sum, each) => sum + each, 0) * 1024) / 1e6;
}
