/**
 * A lock between processes that its holder's death releases (Node has no flock).
 *
 * Each holder is a file NAME.N that says who holds it; the highest N counts. A file is created whole by link(2), which fails when the
 * name exists, so of all that find holder N dead exactly one becomes N + 1. The highest file is never removed, only the lower
 * ones after a higher one is there: so nobody can remove a lock that was just taken, as with "stale, so unlink and create".
 */
import { execFileSync } from "node:child_process";
import { linkSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Lock {
  /** False when a later holder exists (only possible when someone tampers with the directory). */
  held(): boolean;
  release(): void;
}

interface Holder {
  /** 0 when it was given back. */
  readonly pid: number;
  /** When that process started, as the system counts: a process id is used again after a while, and after a boot. */
  readonly started: string;
}

/**
 * Takes the lock, or answers undefined when a living process holds it (this one, too). The directory must be private.
 *
 * @param name for example "agent.lock"
 */
export function acquireLock(directory: string, name: string): Lock | undefined {
  for (;;) {
    const top = highest(directory, name);
    if (top > 0) {
      const holder = read(directory, name, top);
      // Unreadable: it was removed since, by someone who holds a higher one.
      if (holder === undefined || isAlive(holder)) {
        if (highest(directory, name) !== top) continue;
        if (holder !== undefined) return undefined;
      }
    }
    const mine = top + 1;
    if (!claim(directory, name, mine)) continue;
    // Paused between reading and claiming for so long that others took and left higher ones and removed ours.
    if (highest(directory, name) !== mine) {
      rmSync(join(directory, `${name}.${mine}`), { force: true });
      continue;
    }
    for (const number of numbers(directory, name)) {
      if (number < mine) rmSync(join(directory, `${name}.${number}`), { force: true });
    }
    const path = join(directory, `${name}.${mine}`);
    const identity = identityOf(path);
    // By its inode: the directory may have been removed and made anew, with another's lock under the same number.
    const held = (): boolean =>
      identity !== undefined && identityOf(path) === identity && highest(directory, name) === mine;
    return {
      held,
      release() {
        if (held()) put(directory, `${name}.${mine}`, { pid: 0, started: "" }, renameSync);
      },
    };
  }
}

function claim(directory: string, name: string, number: number): boolean {
  try {
    put(directory, `${name}.${number}`, { pid: process.pid, started: startOf(process.pid) ?? "" }, (from, to) => {
      try {
        linkSync(from, to);
      } finally {
        rmSync(from, { force: true });
      }
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

// Not state: only keeps two temporary names of one process apart.
let temporaries = 0;

function put(directory: string, name: string, holder: Holder, place: (from: string, to: string) => void): void {
  const temporary = join(directory, `.${name}.${process.pid}.${temporaries++}`);
  rmSync(temporary, { force: true });
  writeFileSync(temporary, JSON.stringify(holder), { mode: 0o600, flag: "wx" });
  place(temporary, join(directory, name));
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function numbers(directory: string, name: string): number[] {
  return readdirSync(directory)
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => Number(file.slice(name.length + 1)))
    .filter((number) => Number.isSafeInteger(number) && number > 0);
}

function highest(directory: string, name: string): number {
  return Math.max(0, ...numbers(directory, name));
}

function read(directory: string, name: string, number: number): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, `${name}.${number}`), "utf8")) as Holder;
  } catch (error) {
    // Not JSON: nobody that we know wrote it, so nobody holds it.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : { pid: 0, started: "" };
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const now = startOf(pid);
  return now !== undefined && (now === started || started === "");
}

/** When a process started; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      const text = readFileSync(`/proc/${pid}/stat`, "latin1");
      // Field 22 (proc_pid_stat(5)); the second, the command in parentheses, may hold anything. Z and X are the dead.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? undefined : `${bootId()} ${fields[19]}`;
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return "";
  }
}
