/**
 * A control group for one lab. systemd in the host ends the processes of a unit by its group, so two hosts in one group would end each
 * other's. systemd-nspawn makes its groups below that of the process that starts it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";

const base = "/sys/fs/cgroup";

export interface ControlGroup {
  /** Where a process has to write its id to get in. */
  readonly doors: readonly string[];
  /** Removes it; its processes have to have ended. */
  remove(): Promise<void>;
}

/** Makes it in the hierarchies that systemd uses: the unified one, and systemd's own on hybrid and old machines. */
export async function createControlGroup(name: string): Promise<ControlGroup> {
  const paths = hierarchies().map((hierarchy) => join(hierarchy, name));
  for (const path of paths) await mkdir(path, { recursive: true });
  return {
    doors: paths.map((path) => join(path, "cgroup.procs")),
    async remove() {
      for (const path of paths) await removeTree(path);
    },
  };
}

/** Removes what is left of the group `name`. */
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
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(path, entry.name));
  }
  for (const deadline = Date.now() + 5000; ; ) {
    try {
      return await rmdir(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
