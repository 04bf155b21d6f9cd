import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./cache.ts";
import { endProcessesOf } from "./processes.ts";

export interface RunDirectory {
  readonly path: string;
  /** Ends every process that carries the path, and removes the directory. */
  close(): Promise<void>;
}

/**
 * A directory for one run, with a watchdog: however this process ends, kill -9 included, nothing that carries the directory's path
 * in its environment or arguments outlives it. The path is short, because Unix sockets lie below it (108 bytes).
 */
export async function createRunDirectory(): Promise<RunDirectory> {
  const path = await mkdtemp(join(tmpdir(), "gatehouse-lab-"));
  const watchdog: ChildProcess = spawn(process.execPath, [join(root, "test", "lab", "watchdog.ts"), path], {
    // A group of its own: Ctrl-C in a terminal must not end it before it has done its work.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: process.env["PATH"] ?? "" },
  });
  watchdog.unref();
  const pipe = watchdog.stdin as (import("node:stream").Writable & { unref?: () => void }) | null;
  pipe?.on("error", () => {});
  pipe?.unref?.();
  return {
    path,
    async close() {
      watchdog.kill("SIGKILL");
      await endProcessesOf(path);
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
