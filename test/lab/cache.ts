import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's root. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where what is slow to make is kept (code-server, Python packages, state of `npm start`): GATEHOUSE_CACHE or `.cache`. */
export function cacheDirectory(): string {
  return resolve(process.env["GATEHOUSE_CACHE"] ?? join(root, ".cache"));
}

/**
 * Runs `work` while holding the lock `name` in the cache directory, so that two set-ups do not write one folder.
 * A lock whose owner has died is taken over. `waiting` is called once when somebody else holds it.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, waiting?: () => void): Promise<T> {
  const path = join(cacheDirectory(), `${name}.lock`);
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const owner = Number(await readFile(path, "utf8").catch(() => "0"));
      if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
      else {
        if (!told) waiting?.();
        told = true;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
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
