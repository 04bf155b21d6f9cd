/**
 * A control group for one lab. systemd in the host ends the processes of a unit by its group, so two hosts in one group would end each
 * other's. systemd-nspawn makes its groups below that of the process that starts it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { signal } from "../processes.ts";

const base = "/sys/fs/cgroup";

export interface ControlGroup {
  /** Where a process has to write its id to get in. */
  readonly doors: readonly string[];
  /** Kills what is in it, and removes it. */
  remove(): Promise<void>;
}

/** Makes it in the hierarchies that systemd uses: the unified one, and systemd's own on hybrid and old machines. */
export async function createControlGroup(name: string): Promise<ControlGroup> {
  const paths = hierarchies().map((hierarchy) => join(hierarchy, name));
  for (const path of paths) await mkdir(path, { recursive: true });
  return {
    doors: paths.map((path) => join(path, "cgroup.procs")),
    remove: () => removeControlGroup(name),
  };
}

/** Kills what is left in the group `name`, and removes it. */
export async function removeControlGroup(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) await removeTree(join(hierarchy, name));
}

/** Names of groups that begin with `prefix`. */
export function findControlGroups(prefix: string): string[] {
  const names = hierarchies().flatMap((hierarchy) => readdirSync(hierarchy));
  return [...new Set(names.filter((name) => name.startsWith(prefix)))];
}

function hierarchies(): string[] {
  if (existsSync(join(base, "cgroup.controllers"))) return [base];
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return mounts.flatMap((line) => {
    const [, path = "", type = "", options = ""] = line.split(" ");
    const counts = type === "cgroup2" || (type === "cgroup" && options.split(",").includes("name=systemd"));
    return counts && path.startsWith(base) ? [path] : [];
  });
}

/** Depth first; a group whose last process is just ending is busy for a moment. */
async function removeTree(path: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; existsSync(path); await delay(20)) {
    for (const group of groupsOf(path)) {
      for (const pid of membersOf(group)) signal(pid, "SIGKILL");
      await rmdir(group).catch((error: NodeJS.ErrnoException) => {
        if (Date.now() > deadline) throw error;
      });
    }
  }
}

/** A group and all below it, the deepest first. */
function groupsOf(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...entries.flatMap(({ name }) => groupsOf(join(path, name))), path];
  } catch {
    return [];
  }
}

/** Ids as this process's namespace has them; 0 stands for a process of another one. */
function membersOf(group: string): number[] {
  try {
    const lines = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n");
    return lines.map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}
