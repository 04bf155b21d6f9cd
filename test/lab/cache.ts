import { rmSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { processEntry } from "./processes.ts";

/** The checkout's root. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where what is slow to make is kept (code-server, Python packages, state of `npm start`): GATEHOUSE_CACHE or `.cache`. */
export function cacheDirectory(): string {
  return resolve(process.env["GATEHOUSE_CACHE"] ?? join(root, ".cache"));
}

const held = new Set<string>();
process.on("exit", () => {
  for (const path of held) rmSync(path, { force: true });
});

/**
 * Runs `work` while holding the lock `name` in the cache directory or another, so that two set-ups do not write one folder.
 * A lock whose owner has died is taken over. `waiting` is called once when somebody else holds it.
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  waiting?: () => void,
  directory = cacheDirectory(),
): Promise<T> {
  const path = join(directory, `${name}.lock`);
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; !(await acquire(path)); ) {
    if (await isAbandoned(path)) await rm(path, { force: true });
    else {
      if (!told) waiting?.();
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  held.add(path);
  try {
    return await work();
  } finally {
    held.delete(path);
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${process.pid} ${processEntry(process.pid)?.started ?? ""}`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const [pid = "", started = ""] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  // Empty: its owner is just writing it.
  return pid !== "" && processEntry(Number(pid))?.started !== started;
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
