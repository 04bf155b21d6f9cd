/** What the processes of a unit cost, from the machine's /proc: it sees those of the lab's host as well. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The lab's host as the machine sees it. */
export interface Host {
  /** As `readlink /proc/1/ns/pid` says in the host: namespaces have one number everywhere. */
  readonly pidNamespace: string;
  /** The machine's number of one of its processes. */
  readonly pid: number;
}

export function findHost(pidNamespace: string): Host {
  for (const pid of pids()) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/pid`) === pidNamespace) return { pidNamespace, pid };
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`No process of this machine is in the host (${pidNamespace}).`);
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

export interface UnitProcess {
  readonly pid: number;
  readonly unit: string;
  readonly commandLine: string;
}

/** Every process of these units. */
export function processesOfUnits(host: Host, units: readonly string[]): UnitProcess[] {
  return pids().flatMap((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/ns/pid`) !== host.pidNamespace) return [];
      const unit = /\/system\.slice\/(?:.*\/)?([^/\n]+\.service)/.exec(
        readFileSync(`/proc/${pid}/cgroup`, "utf8"),
      )?.[1];
      if (unit === undefined || !units.includes(unit)) return [];
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid, unit, commandLine }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/**
 * The servers of a way: of code-server only its main process, not the extension host and what else each window starts; of nginx not the
 * process that reads the cache in, which ends a minute after the start.
 */
export function servers(host: Host, units: readonly string[]): UnitProcess[] {
  return processesOfUnits(host, units).filter(({ unit, commandLine }) =>
    unit.includes("code-server") ? isMainProcess(commandLine) : !commandLine.includes("cache loader"),
  );
}

/** code-server starts itself once more, without arguments; what serves windows is in the second. */
function isMainProcess(commandLine: string): boolean {
  return (
    /\/code-server[^/ ]*(\/out\/node\/entry(\.js)?)?( --config .*)?$/.test(commandLine) &&
    !commandLine.includes("--type=")
  );
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
